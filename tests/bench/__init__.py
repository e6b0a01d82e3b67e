"""The goals of performance as ratios to references of the same run; `make bench` prints them."""
