// Package remarks says what there is to know of desks beside how they stand: that a desk is
// closed, that a booking is released unless its person comes, that its owner or its person is
// away. It counts, too, which bookings break rules.
//
// It asks [deskd/reservations/booking], and words nothing but [deskd/web/view.Remark].
package remarks
