package push

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// Outcome is how an exchange with a phone has ended.
type Outcome string

// The outcomes, and what to do about each.
const (
	// OK: the phone has carried everything out.
	OK Outcome = "ok"
	// Refused: the cluster does not accept the user for this phone. Check the
	// password, and the user's controlled devices. Others of this user will fare
	// the same.
	Refused Outcome = "refused credentials"
	// Failed: the phone has read the Execute and not carried all of it out.
	Failed Outcome = "failed"
	// Unsupported: the phone has no such page, or only behind a redirect, as after
	// web access was limited to HTTPS.
	Unsupported Outcome = "unsupported"
	// Unreachable: nothing was sent. The phone is off, restarts, or has another
	// address.
	Unreachable Outcome = "unreachable"
	// NoAnswer: the Execute was sent, and no whole answer came back. It may have
	// been carried out.
	NoAnswer Outcome = "no answer"
	// WebAccessOff: the phone is there, and nothing listens; or it forbids it. Web
	// access is off by default. A phone that restarts looks the same for a while.
	WebAccessOff Outcome = "web access off"
	// OtherPhone: another phone has the address. Nothing was sent to it.
	OtherPhone Outcome = "other phone"
	// Malformed: the phone answered something that is no answer: nothing, nonsense,
	// or more than 64 KiB. Of an Execute, it may have been carried out.
	Malformed Outcome = "malformed answer"
	// Outside: the address is in none of the client's networks. Nothing was sent.
	Outside Outcome = "outside the networks"
	// Unsendable: the Execute is not valid, or longer than 512 bytes.
	Unsendable Outcome = "unsendable"
)

// Outcomes are all of them, OK first.
func Outcomes() []Outcome {
	return []Outcome{OK, Refused, Failed, Unsupported, Unreachable, NoAnswer, WebAccessOff, OtherPhone, Malformed, Outside, Unsendable}
}

// Advice is what the outcome means and what to do, as a sentence or two.
func (o Outcome) Advice() string {
	return map[Outcome]string{
		OK:           "The phone has carried everything out.",
		Refused:      "The cluster does not accept the user for this phone: check the password, and the user's controlled devices.",
		Failed:       "The phone has read the Execute and not carried all of it out: see what it says of each item.",
		Unsupported:  "The phone has no such page, or only behind a redirect: allow web access by HTTP.",
		Unreachable:  "Nothing was sent: the phone is off, restarts, or has another address.",
		NoAnswer:     "The Execute was sent, and no whole answer came back: it may have been carried out.",
		WebAccessOff: "The phone is there, and nothing listens: switch web access on, unless it restarts.",
		OtherPhone:   "Another phone has the address, and nothing was sent to it: bring the inventory up to date.",
		Malformed:    "The phone answered nothing, nonsense, or more than 64 KiB: it may have carried the Execute out.",
		Outside:      "The address is in none of the networks that are allowed, and nothing was sent.",
		Unsendable:   "The Execute is not valid, or longer than 512 bytes.",
	}[o]
}

// Error is an exchange that has not ended with [OK].
type Error struct {
	// Phone is the name of the phone that was meant, or the address of one that was asked for
	// its name.
	Phone   string
	Outcome Outcome
	// Posted says that an Execute may have left, with credentials: what fails before, as the phone
	// is asked for its name, has done nothing.
	Posted bool
	Err    error
}

// Error says the outcome once: a decoder's own error may begin with it.
func (e *Error) Error() string {
	return fmt.Sprintf("push to %s: %s: %s", e.Phone, e.Outcome, strings.TrimPrefix(fmt.Sprint(e.Err), string(e.Outcome)+": "))
}

func (e *Error) Unwrap() error { return e.Err }

// OutcomeOf is the outcome that an error of this package tells, [OK] for nil and [Failed]
// for an error of anyone else's.
func OutcomeOf(err error) Outcome {
	var e *Error
	switch {
	case err == nil:
		return OK
	case errors.As(err, &e):
		return e.Outcome
	}
	return Failed
}

// Posted reports whether an error of this package is about an Execute that may have left.
func Posted(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Posted
}

// posted is an error, if any, about an Execute that may have left.
func posted(err error) error {
	var e *Error
	if errors.As(err, &e) {
		e.Posted = e.Outcome != Outside && e.Outcome != Unreachable && e.Outcome != WebAccessOff
	}
	return err
}

func (p Phone) failed(o Outcome, err error) error {
	return &Error{Phone: cmp.Or(p.Name, p.Address.String()), Outcome: o, Err: err}
}

// outcomeOf is what an error of the transport means. Only while it was dialled nothing
// can have been sent.
func outcomeOf(err error) Outcome {
	var op *net.OpError
	dialling := errors.As(err, &op) && op.Op == "dial"
	switch {
	case errors.Is(err, errOutside):
		return Outside
	case dialling && errors.Is(err, syscall.ECONNREFUSED):
		return WebAccessOff
	case dialling:
		return Unreachable
	}
	return NoAnswer
}

// outcomeOfStatus is what the status of an answer means, OK if its body tells.
func outcomeOfStatus(status int) Outcome {
	switch {
	case status >= 200 && status < 300:
		return OK
	case status == http.StatusUnauthorized:
		return Refused
	case status == http.StatusForbidden:
		return WebAccessOff
	case status >= 300 && status < 400, status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusNotImplemented:
		return Unsupported
	}
	return Failed
}
