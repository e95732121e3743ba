// Package doctor finds out what keeps an installation from working, and says what to do
// about each finding.
//
//	doctor.go       [Examine]: database, feeds, time zones, the last sweep
//	server.go       the server that keeps the database, if one does
//	cluster.go      each cluster, node by node: desks, people and their profiles
//	people.go       user ids that answers do not tell apart
//	provisioned.go  how phones are set up, in a line: deskd doctor phones tells each
//	anchors.go      the audit, held against the heads it had
//	diagnose.go     why an EM service cannot be used, in plain words; tls.go for handshakes
//	trace.go        a transport that keeps what an EM client's errors do not tell
//	probe.go        [Probe]: a session on a real phone, timed; measurement.go concludes
//	bundle.go       [Bundle]: all of this for those who help; pseudonyms.go hides people
//
// It asks questions and changes nothing on phones, except that [Probe] logs a person in and
// out again. It prints nothing but what Probe tells while it goes on.
package doctor
