"""The pretend phone, in a browser: shows a personal QR, and the questions that wait for a yes or a no."""
