package rest

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"deskd/reservations"
	"deskd/web/access"
	"deskd/web/api/guide"
)

// Base is where the interface is.
const Base = "/api/v1"

// LargestBody is how large a request may be, in bytes.
const LargestBody = 16 << 10

// Keys are what requests are let in by.
type Keys interface {
	// Find is the token of that kind with that secret, else the error is
	// [reservations.ErrToken].
	Find(ctx context.Context, kind reservations.TokenKind, secret string, now time.Time) (reservations.Token, error)
	// Using says that it is used.
	Using(ctx context.Context, t reservations.Token, now time.Time) error
}

// Deps is what a frame needs of the daemon.
type Deps struct {
	Keys Keys
	// WithActor names who asks for what is done with a context, for the audit.
	WithActor func(ctx context.Context, actor string) context.Context
	// Uncertain reports whether an error leaves it open if something was done.
	Uncertain func(error) bool
	Now       func() time.Time
	Log       *slog.Logger
}

// Frame is the interface without its operations: who may ask for them, and how they fail.
type Frame struct {
	Deps
	gate *gate
	huma huma.API
	mux  *http.ServeMux
}

// NewFrame makes a frame, to which operations are added by [Add].
func NewFrame(d Deps) *Frame {
	asProblems()
	huma.ValidateStrictCasing = true // a field that is spelt in another way is an unknown one
	f := &Frame{Deps: d, gate: newGate(), mux: http.NewServeMux()}
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
	f.huma = humago.NewWithPrefix(f.mux, Base, config)
	f.huma.UseMiddleware(f.guard)
	return f
}

// OpenAPI is the document, as it stands.
func (f *Frame) OpenAPI() *huma.OpenAPI { return f.huma.OpenAPI() }

// Document is the OpenAPI document, the same bytes for the same operations.
func (f *Frame) Document() ([]byte, error) {
	text, err := json.MarshalIndent(f.huma.OpenAPI(), "", "  ")
	return append(text, '\n'), err
}

// Handler answers everything below /api/. Operations that are added later are not in the
// document that it serves.
func (f *Frame) Handler() (http.Handler, error) {
	document, err := f.Document()
	if err != nil {
		return nil, err
	}
	page, err := guide.New(document, Base+"/openapi.json")
	if err != nil {
		return nil, err
	}
	page.Add(f.mux)
	f.mux.HandleFunc("GET "+Base+"/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
		_, _ = w.Write(document)
	})
	f.mux.HandleFunc(elsewhere, func(w http.ResponseWriter, r *http.Request) {
		if allowed := methods(f.mux, r); len(allowed) > 0 {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			sendProblem(w.Header().Set, w.WriteHeader, w, NewProblem(http.StatusMethodNotAllowed, "method_not_allowed", "that cannot be asked of it; the header Allow says what can"))
			return
		}
		nothingHere(w, r)
	})
	return asWritten(f.mux), nil
}

func nothingHere(w http.ResponseWriter, _ *http.Request) {
	sendProblem(w.Header().Set, w.WriteHeader, w, NewProblem(http.StatusNotFound, codes[http.StatusNotFound], "there is nothing here; "+Base+"/openapi.json says what there is"))
}

// asWritten takes paths as they are written. A mux redirects from what it would write in
// another way, such as /desks/./explain, and the document knows no redirection.
func asWritten(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Clean(r.URL.Path) != r.URL.Path && r.URL.Path != elsewhere { // the page is there
			nothingHere(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
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

// Route is an operation.
type Route struct {
	Method, Path, ID, Summary string
	Action                    access.Action
	Status                    int // 200 where none is given
	List                      bool
	Also                      map[string]string // statuses beside it with the same body, and what they mean
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

// operation is a route as huma has it.
func (r Route) operation() huma.Operation {
	errs := failures
	if r.Method != http.MethodGet {
		errs = append(append([]int(nil), failures...), writing...)
	}
	return huma.Operation{
		OperationID: r.ID, Method: r.Method, Path: r.Path, Summary: r.Summary, DefaultStatus: r.Status, MaxBodyBytes: LargestBody,
		BodyReadTimeout: 5 * time.Second, Errors: errs, Metadata: map[string]any{ActionKey: r.Action, listKey: r.List},
		Description: "Action: " + string(r.Action) + ".",
	}
}

// Add registers an operation.
func Add[I, O any](f *Frame, r Route, do func(context.Context, *I) (*O, error)) {
	huma.Register(f.huma, r.operation(), func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, in)
		return out, f.Told(ctx, err)
	})
	f.complete(r)
}

// complete adds to the document of an operation what its types do not say.
func (f *Frame) complete(r Route) {
	responses := f.huma.OpenAPI().Paths[r.Path]
	for _, have := range []*huma.Operation{responses.Get, responses.Post, responses.Patch, responses.Delete} {
		if have != nil && have.OperationID == r.ID {
			complete(have, r)
		}
	}
}

// complete adds to the document of an operation what its types do not say.
func complete(op *huma.Operation, r Route) {
	done := op.Responses["200"]
	if r.Status != 0 {
		done = op.Responses[strconv.Itoa(r.Status)]
	}
	if r.List && done != nil {
		done.Content["text/csv"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	for _, status := range []string{"429", "503"} {
		op.Responses[status].Headers = map[string]*huma.Header{"Retry-After": {Schema: &huma.Schema{Type: huma.TypeString}, Description: "Seconds."}}
	}
	for status, text := range r.Also {
		copied := *op.Responses["201"]
		copied.Description = text
		op.Responses[status] = &copied
	}
}
