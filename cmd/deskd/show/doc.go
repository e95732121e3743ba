// Package show has the verbs that show what is so and change nothing: deskd list and
// deskd explain.
//
//	list.go          what can be listed, by which flags, in which columns
//	list*.go         the lists of feeds, clusters and the audit
//	filter.go        the flags that narrow a list, and times as it shows them
//	explain.go       why a desk's phone is as it is
//
// What they show comes from web/view as it is, and goes out as JSON unchanged; here it
// gets columns, wall clocks and words. Headers and columns of CSV are a contract.
//
// It imports cli, console and the read model, and neither daemon nor store.
package show
