package api

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
)

type checker = validator.Validator

// Another program than ours can make sense of the whole document.
func TestDocumentIsOne(t *testing.T) {
	d, err := document()
	check(t, err)
	if _, err := d.BuildV3Model(); err != nil {
		t.Error(err)
	}
}

// document is the document as an independent library reads it.
var document = sync.OnceValues(func() (libopenapi.Document, error) {
	text, err := Document()
	if err != nil {
		return nil, err
	}
	return libopenapi.NewDocument(text)
})

// validate holds an answer against the document, by a library that is not ours.
func (w *world) validate(r *http.Request, got reply) {
	w.t.Helper()
	for _, wrong := range w.wrong(r, got) {
		w.t.Error(wrong)
	}
}

// wrong says what of an answer is not as the document has it.
func (w *world) wrong(r *http.Request, got reply) (all []string) {
	w.t.Helper()
	answer := &http.Response{StatusCode: got.status, Header: got.header, Body: io.NopCloser(strings.NewReader(got.text)), Request: r}
	if ok, errs := w.validator().ValidateHttpResponse(r, answer); !ok {
		for _, e := range errs {
			all = append(all, fmt.Sprintf("%s %s: %d: %s: %s %s", r.Method, r.URL, got.status, e.Message, e.Reason, got.text))
		}
	}
	if got.status >= 500 && got.status != http.StatusServiceUnavailable {
		all = append(all, fmt.Sprintf("%s %s: %d %s", r.Method, r.URL, got.status, got.text))
	}
	return all
}

func (w *world) validator() checker {
	w.t.Helper()
	if w.valid == nil {
		d, err := document()
		check(w.t, err)
		v, errs := validator.NewValidator(d)
		for _, err := range errs {
			w.t.Fatal(err)
		}
		w.valid = v
	}
	return w.valid
}
