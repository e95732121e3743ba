// Package resting ends sessions at phones that nobody touches, where the configuration asks
// for it.
//
// It owns what phones tell of being touched, and asks them whether a stream runs; whose session
// ends is decided in deskd/scheduler/idle, within the rounds of the node that drives the cluster.
// What is told is written down within seconds, for phones ask any node, and all of it is read
// again from the database after a restart.
//
//	phone ──Told──> news ──flush──> database ──read──> rests ──Judge, in a round──> logout
//	  ^                                                             │
//	  └──────────── does a stream run? ── ask ──────────────────────┘
package resting
