// Package inventory asks a cluster of Cisco Unified Communications Manager where its phones
// are and how they are set up. It reads, and changes nothing.
//
// Two services answer, each with credentials of its own:
//
//	RIS  Real-Time Information (RISPort70): whether a phone is registered, and where.
//	     At most 1000 devices a call, 15 calls a minute for all programs of the cluster:
//	     [RIS] keeps to 10
//	AXL  Administrative XML: how a phone and a person are set up. An answer has at most 8 MB
//	     by Cisco's account, and a question that would have more is refused with the rows
//	     that it may have: [AXL] asks again for no more than these
//
// It owns the exchange: what is sent, what is believed of the answer, and a typed error
// ([Error]). It knows neither when to ask nor what for, and repeats nothing but the next page.
// Its invariants: an answer is at most 5 MB, has no DTD and ends in time; credentials follow
// no redirect; what is not said is not known.
//
// Sources: Cisco's references of RISPort70 and AXL. Nothing here was tried on a real cluster
// by us.
package inventory
