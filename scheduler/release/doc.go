// Package release waits for those who have booked desks, where the rules of a site ask them
// to come: it writes down whose own login was seen at a phone, and has bookings released to which nobody
// came.
//
// It releases nobody on missing evidence where evidence could not be seen. While deskd cannot
// look (it has just begun, the clock is in doubt, the phone system does not answer, a phone
// is not known) bookings are held; when it can look again, people have as much time as at
// the start of a booking. A booking that a restored database may tell wrongly of is never
// released. What is held is told, with the reason.
//
// Package booking decides, in one transaction for each booking; this one asks it in time.
package release
