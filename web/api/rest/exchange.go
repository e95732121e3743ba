package rest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// wire is an exchange as it comes and goes, which knows no hurry.
type wire = huma.Context

// exchange is a request that has been read to its end, and an answer of which nothing has
// been sent: who sends a byte a second, or reads none, holds no place meanwhile, and who has
// gone is no error.
type exchange struct {
	wire
	body   bytes.Buffer
	status int
	answer bytes.Buffer
}

// read reads the body, where the operation has one: as much of it as may come, so that what
// is too large is told by its size.
func (e *exchange) read() error {
	op := e.Operation()
	if op.RequestBody == nil || e.wire.BodyReader() == nil {
		return nil
	}
	until, stop := context.WithTimeout(e.Context(), op.BodyReadTimeout)
	defer stop()
	deadline, _ := until.Deadline()
	_ = e.wire.SetReadDeadline(deadline) // a recorder of tests has none
	_, err := io.Copy(&e.body, io.LimitReader(e.wire.BodyReader(), op.MaxBodyBytes))
	if err != nil {
		return unread(err)
	}
	_ = e.wire.SetReadDeadline(time.Time{}) // else the server takes it for the end of the request
	return nil
}

// unread is why a body could not be read.
func unread(err error) *Problem {
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return NewProblem(http.StatusRequestTimeout, codes[http.StatusRequestTimeout], "the request takes too long to arrive")
	}
	return NewProblem(http.StatusBadRequest, codes[http.StatusBadRequest], "the request has ended within its body")
}

// BodyReader implements [huma.Context].
func (e *exchange) BodyReader() io.Reader { return &e.body }

// SetReadDeadline implements [huma.Context]: there is nothing left to read.
func (e *exchange) SetReadDeadline(time.Time) error { return nil }

// SetStatus implements [huma.Context].
func (e *exchange) SetStatus(code int) { e.status = code }

// Status implements [huma.Context].
func (e *exchange) Status() int { return e.status }

// BodyWriter implements [huma.Context].
func (e *exchange) BodyWriter() io.Writer { return &e.answer }

// send sends the answer. A client that has gone is no error.
func (e *exchange) send() {
	e.wire.SetStatus(e.status)
	_, _ = e.wire.BodyWriter().Write(e.answer.Bytes())
}
