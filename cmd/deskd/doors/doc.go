// Package doors is where others come to deskd: the connections of its pages, by http and by TLS, how
// many of them there are at once, and the certificate that is shown to those who come by TLS.
//
//	[Crowd]    the connections of one server, by whichever door they came
//	[Identity] the certificate, read again when its files change
//
// It knows nothing of what is served. A certificate that cannot be used never takes the place of one
// that can, and whatever is wrong with one keeps nobody from being logged in.
package doors
