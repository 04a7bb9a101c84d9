"""What is no text message: pictures, sound and video, their pages, and letters by e-mail."""
