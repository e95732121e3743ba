// Package jobs runs what is done at times of the wall clock. A job never runs twice at a
// time, a panic ends no other, and after a jump of the clock the times are worked out again:
// by one that was set back they would be hours away.
//
// It imports clock, and is the one place where cron runs anything.
package jobs
