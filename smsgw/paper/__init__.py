"""Sheets that people keep: CSV, XLSX and PDF, read and written."""
