package guide

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
)

//go:embed page.html style.css
var files embed.FS

// Style is the address of the style sheet.
const Style = "/api/style.css"

// Page is a page with its style sheet.
type Page struct{ page, style []byte }

// New makes the page of an OpenAPI document, which is at an address. The error is about the
// document, or means a broken build.
func New(document []byte, address string) (*Page, error) {
	read, err := parse(document)
	if err != nil {
		return nil, fmt.Errorf("read the document of the interface: %w", err)
	}
	sheet, err := template.ParseFS(files, "page.html")
	if err != nil {
		return nil, fmt.Errorf("parse the page of the interface: %w", err)
	}
	var page bytes.Buffer
	shown := struct {
		Title, About, Address, Style string
		Resources                    []resource
	}{read.Info.Title, read.Info.Description, address, Style, read.resources()}
	if err := sheet.Execute(&page, shown); err != nil {
		return nil, fmt.Errorf("write the page of the interface: %w", err)
	}
	style, err := files.ReadFile("style.css")
	return &Page{page.Bytes(), style}, err
}

// Add serves the page at /api/, and its style sheet.
func (p *Page) Add(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/{$}", sent("text/html; charset=utf-8", p.page))
	mux.HandleFunc("GET "+Style, sent("text/css; charset=utf-8", p.style))
}

func sent(kind string, text []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(text) // a client that has gone is no error
	}
}
