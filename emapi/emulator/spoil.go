package emulator

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"deskd/emapi"
)

const page = "<!DOCTYPE html>\n<html><head><title>Cisco System</title></head><body><h1>Please try again</h1></body></html>\n"

// depth is how deep [Deep] goes: far beyond the stack of a reader that calls
// itself, within the size of reply that clients accept.
const depth = 50_000

// dripPace is the time between two bytes of a reply that drips.
const dripPace = time.Second

// spoil turns the reply that was due into what goes out. It reports false when
// the answer is the service's own.
func (j job) spoil(body string) (response, bool) {
	r := response{status: http.StatusOK, contentType: j.opts.contentType(), body: j.opts.encode(body)}
	switch j.fault.Action {
	case HTML:
		r.contentType, r.body = "text/html", page
	case Status:
		r = response{status: j.fault.Status, contentType: "text/html", body: page}
	case Empty:
		r.body = ""
	case Truncated:
		r.body = r.body[:len(r.body)/2]
	case TwoRoots:
		r.body += failure(emapi.CodeUnknown, Options{}, message{})
	case TwoAnswers:
		r.body = j.opts.encode(contradict(body))
	case Oversize:
		r.body += strings.Repeat("\n", 2<<20)
	case Deep:
		r.body = j.opts.encode(inside(body, strings.Repeat("<x>", depth)+strings.Repeat("</x>", depth)+"\n"))
	case Cut, Drip:
		r.damage = j.fault.Action
	default:
		return r, false
	}
	return r, true
}

// inside puts more before the end of the root of a reply.
func inside(body, more string) string {
	at := strings.LastIndex(body, "</")
	return body[:at] + more + body[at:]
}

// contradict makes a reply say yes and no.
func contradict(body string) string {
	const yes = "<success/>\n"
	if !strings.Contains(body, yes) {
		return inside(body, yes)
	}
	var l lines
	l.failure(emapi.CodeUnknown, Options{}, message{})
	return inside(body, l.String())
}

// dripping is the body of a reply that comes byte by byte.
type dripping struct {
	ctx  context.Context //nolint:containedctx // of the request whose body it is
	opts Options
	rest string
}

// Read waits for the next byte, or until the request's context ends.
func (d *dripping) Read(p []byte) (int, error) {
	switch {
	case d.rest == "":
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	if err := d.opts.sleep(d.ctx, dripPace); err != nil {
		return 0, err
	}
	p[0], d.rest = d.rest[0], d.rest[1:]
	return 1, nil
}

// stream is the body of r as it reaches a client of the request with ctx.
func (e *Emulator) stream(ctx context.Context, r response) io.Reader {
	switch r.damage {
	case Cut:
		return io.MultiReader(strings.NewReader(r.body[:len(r.body)/2]), broken{})
	case Drip:
		_, release := e.access()
		defer release()
		return &dripping{ctx, e.opts, r.body}
	}
	return strings.NewReader(r.body)
}

// broken is where a connection broke.
type broken struct{}

// Read reports the end that HTTP did not announce.
func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
