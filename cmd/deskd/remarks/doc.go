// Package remarks says what there is to know of desks beside how they stand: that a desk is
// closed, that a booking is released unless its person comes, that its owner or its person is
// away, what its phone was told. It counts, too, which bookings break rules.
//
// It asks [deskd/reservations/booking], and of notices [deskd/store/notices], and words nothing but [deskd/web/view.Remark].
package remarks
