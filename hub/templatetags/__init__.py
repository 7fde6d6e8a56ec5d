"""What templates of the house may say beyond Django's own words."""
