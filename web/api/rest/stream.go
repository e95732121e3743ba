package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"deskd/reservations"
	"deskd/web/access"
)

// Stream is an answer that goes on.
type Stream struct {
	// Asker is who listens, as it is now. The error is [reservations.ErrToken] once the token
	// does not count any more, or may not listen.
	Asker func(context.Context) (access.Asker, error)
	http.ResponseWriter
	control *http.ResponseController
}

// writeWithin is how long a reader may take for what is written at once.
const writeWithin = 10 * time.Second

// Send writes text, and waits until it is on its way.
func (s Stream) Send(text []byte) error {
	// Writers that know no deadline are those of tests.
	_ = s.control.SetWriteDeadline(time.Now().Add(writeWithin))
	if _, err := s.Write(text); err != nil {
		return err
	}
	return s.control.Flush()
}

// AddStream registers an operation that answers with events for as long as it is listened to:
// begin says why it does not, or what it does until the context ends.
func AddStream[I any](f *Frame, r Route, begin func(context.Context, *I) (func(context.Context, Stream), error)) {
	op := r.operation()
	op.Metadata[streamKey] = true
	op.Responses = map[string]*huma.Response{"200": {
		Description: "Events, for as long as they are listened to.",
		Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
	huma.Register(f.huma, op, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		run, err := begin(ctx, in)
		if err != nil {
			return nil, f.Told(ctx, err)
		}
		still, _ := ctx.Value(stillKey{}).(func(context.Context) (access.Asker, error))
		return &huma.StreamResponse{Body: func(answer huma.Context) {
			_, w := humago.Unwrap(answer)
			s := Stream{still, w, http.NewResponseController(w)}
			_ = s.control.SetReadDeadline(time.Time{}) // that of the request has been read
			w.Header().Set("Content-Type", "text/event-stream")
			w.Header().Set("No-Gzip-Compression", "1") // nothing waits until there is more of it
			w.Header().Set("X-Accel-Buffering", "no")  // nor in nginx
			w.WriteHeader(http.StatusOK)
			run(ctx, s)
		}}, nil
	})
	f.complete(r)
}

// still is who asks with a secret now.
func (f *Frame) still(ctx context.Context, secret string) (access.Asker, error) {
	t, err := f.Keys.Find(ctx, reservations.TokenAPI, secret, f.Now())
	return access.Of(t), err
}
