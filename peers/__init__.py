"""`make peers`: our client and service against an OpenID provider that others have written."""
