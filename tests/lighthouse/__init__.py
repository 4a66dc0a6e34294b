"""`make lighthouse`: the PWA as a phone meets it. Prints JSON lines; needs the built PWA and Chromium."""
