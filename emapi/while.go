package emapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

type whileKey struct{}

// While returns a context whose requests leave only while may returns nil. It is asked for
// each attempt at each node when the message is about to be written, after a connection
// stands, however long that took. When it refuses, at most the request's HTTP header has left
// and no server has a message; the error wraps [ErrNotSent] and its own.
func While(ctx context.Context, may func() error) context.Context {
	return context.WithValue(ctx, whileKey{}, may)
}

// errNotNow wraps what the condition of [While] said.
var errNotNow = errors.New("it may not be sent")

// guarded has a request's body ask the condition of its context.
func guarded(req *http.Request, form string) {
	may, ok := req.Context().Value(whileKey{}).(func() error)
	if !ok {
		return
	}
	body := func() (io.ReadCloser, error) {
		return io.NopCloser(&guardedBody{Reader: strings.NewReader(form), may: may}), nil
	}
	req.Body, _ = body()
	req.GetBody = body // where the transport tries again behind a connection that was closed
}

type guardedBody struct {
	io.Reader
	may   func() error
	asked bool
}

// Read implements [io.Reader].
func (b *guardedBody) Read(p []byte) (int, error) {
	if !b.asked {
		if err := b.may(); err != nil {
			return 0, fmt.Errorf("%w: %w", errNotNow, err)
		}
		b.asked = true
	}
	return b.Reader.Read(p)
}
