"""Documents that leave the house: PDF and sheets."""
