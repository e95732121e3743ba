// Package limit learns how many logins and logouts a cluster may have under way at once. It
// is pure: it is told what was answered, and says what may be sent.
//
// A cluster takes so many requests at once, and refuses the next one as busy. People who
// press the keys of their phones share these places, and feel it first: a request of
// deskd's that finds no room is the second to be refused, and while deskd refills its
// places without a pause it finds room always, and nobody else does:
//
//	places of the cluster   |  deskd's, always taken  |  people's: one of two is refused  |
//	                                                  ^ a request of deskd's that rises to here meets
//	                                                    what a person meets who presses a key
//
// So the uppermost of deskd's places rests after each request, and a request that takes it
// again is a look at what people meet. A place on trial rests for as long as a request
// takes; one that has stood its looks, for as little as a wave has to spare.
//
// Answers that take longer the more there are under way lower the limit too. What they are
// held against is the least median of the newest windows: a slow answer moves no median.
package limit
