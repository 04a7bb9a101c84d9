"""What happens by the clock: the timetable, then one file per job."""
