package api

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"deskd/reservations"
	"deskd/reservations/booking"
	"deskd/web/access"
	"deskd/web/view"
)

// Base is where the interface is.
const Base = "/api/v1"

// largestBody is how large a request may be, in bytes.
const largestBody = 16 << 10

// Tokens are what requests are let in by.
type Tokens interface {
	// Find is the token of that kind with that secret, else the error is
	// [reservations.ErrToken].
	Find(ctx context.Context, kind reservations.TokenKind, secret string, now time.Time) (reservations.Token, error)
	// Using says that it is used.
	Using(ctx context.Context, t reservations.Token, now time.Time) error
	List(ctx context.Context) ([]reservations.Token, error)
	Revoke(ctx context.Context, id string, now time.Time) (reservations.Token, error)
}

// Deps is what the interface needs of the daemon.
type Deps struct {
	Tokens   Tokens
	Bookings booking.Bookings // that write
	Reading  booking.Bookings // by connections aside, so that the rounds do not wait
	View     *view.Model      // likewise
	Board    func(ctx context.Context) (view.Snapshot, error)
	// WithActor names who asks for what is done with a context, for the audit.
	WithActor func(ctx context.Context, actor string) context.Context
	// Uncertain reports whether an error leaves it open if something was done.
	Uncertain func(error) bool
	CheckKey  func(key string) error // what is wrong with an idempotency key
	Now       func() time.Time
	Log       *slog.Logger
}

type api struct {
	Deps
	gate *gate
	huma huma.API
}

// Handler answers everything below /api/.
func Handler(d Deps) (http.Handler, error) {
	a, mux := assemble(d)
	document, err := a.document()
	if err != nil {
		return nil, err
	}
	mux.HandleFunc("GET "+Base+"/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
		_, _ = w.Write(document)
	})
	mux.HandleFunc(elsewhere, func(w http.ResponseWriter, r *http.Request) {
		if allowed := methods(mux, r); len(allowed) > 0 {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			sendProblem(w.Header().Set, w.WriteHeader, w, problem(http.StatusMethodNotAllowed, "method_not_allowed", "that cannot be asked of it; the header Allow says what can"))
			return
		}
		sendProblem(w.Header().Set, w.WriteHeader, w, problem(http.StatusNotFound, codes[http.StatusNotFound], "there is nothing here; "+Base+"/openapi.json says what there is"))
	})
	return mux, nil
}

// elsewhere is where nothing is.
const elsewhere = "/api/"

// methods are those in which the path of a request can be asked for.
func methods(mux *http.ServeMux, r *http.Request) (allowed []string) {
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodDelete} {
		asked := r.Clone(r.Context())
		asked.Method = method
		if _, pattern := mux.Handler(asked); pattern != elsewhere {
			allowed = append(allowed, method)
		}
	}
	return allowed
}

// sendProblem writes a problem in parts that all kinds of writers have.
func sendProblem(header func(name, value string), status func(int), body io.Writer, p *Problem) {
	header("Content-Type", p.ContentType(""))
	status(p.Status)
	_ = json.NewEncoder(body).Encode(p) // a client that has gone is no error
}

// assemble makes the interface, and all of its routes.
func assemble(d Deps) (*api, *http.ServeMux) {
	asProblems()
	mux := http.NewServeMux()
	a := &api{Deps: d, gate: newGate()}
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "deskd", Version: "1", Description: "Desks, bookings, and the phones that follow them. Instants are RFC 3339, in answers in UTC."},
			Servers: []*huma.Server{{URL: Base}},
			Components: &huma.Components{
				Schemas:         huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", BearerFormat: "deskd_…"}},
			},
			Security: []map[string][]string{{"token": {}}},
		},
		Formats: formats(), DefaultFormat: "application/json", RejectUnknownQueryParameters: true,
	}
	a.huma = humago.NewWithPrefix(mux, Base, config)
	a.huma.UseMiddleware(a.guard)
	a.desks()
	a.reservations()
	a.records()
	return a, mux
}

// document is the OpenAPI document, the same bytes for the same routes.
func (a *api) document() ([]byte, error) {
	text, err := json.MarshalIndent(a.huma.OpenAPI(), "", "  ")
	return append(text, '\n'), err
}

// Document is the OpenAPI document of the interface.
func Document() ([]byte, error) {
	a, _ := assemble(Deps{})
	return a.document()
}

// route is an operation.
type route struct {
	method, path, id, summary string
	action                    access.Action
	status                    int // 200 where none is given
	list                      bool
	also                      map[string]string // statuses beside it with the same body, and what they mean
}

// failures are how any request may fail, and those that bring something.
var (
	failures = []int{
		http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusNotAcceptable,
		http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable,
	}
	writing = []int{
		http.StatusRequestTimeout, http.StatusConflict, http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
	}
)

// add registers an operation.
func add[I, O any](a *api, r route, do func(context.Context, *I) (*O, error)) {
	errs := failures
	if r.method != http.MethodGet {
		errs = append(append([]int(nil), failures...), writing...)
	}
	op := huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary, DefaultStatus: r.status, MaxBodyBytes: largestBody,
		BodyReadTimeout: 5 * time.Second, Errors: errs, Metadata: map[string]any{actionKey: r.action, listKey: r.list},
		Description: "Action: " + string(r.action) + ".",
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, in)
		return out, a.told(ctx, err)
	})
	responses := a.huma.OpenAPI().Paths[r.path]
	for _, have := range []*huma.Operation{responses.Get, responses.Post, responses.Patch, responses.Delete} {
		if have != nil && have.OperationID == r.id {
			complete(have, r)
		}
	}
}

// complete adds to the document of an operation what its types do not say.
func complete(op *huma.Operation, r route) {
	done := op.Responses["200"]
	if r.status != 0 {
		done = op.Responses[strconv.Itoa(r.status)]
	}
	if r.list && done != nil {
		done.Content["text/csv"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	for _, status := range []string{"429", "503"} {
		op.Responses[status].Headers = map[string]*huma.Header{"Retry-After": {Schema: &huma.Schema{Type: huma.TypeString}, Description: "Seconds."}}
	}
	for status, text := range r.also {
		copied := *op.Responses["201"]
		copied.Description = text
		op.Responses[status] = &copied
	}
}
