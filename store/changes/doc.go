// Package changes tells what the audit says was changed, row by row, to those who follow it.
// It imports dialect and the nouns.
package changes
