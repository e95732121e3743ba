package web

import (
	"html/template"
	"strings"
)

// rowsKept is how many rows' markup is kept at most, some two kilobytes each.
const rowsKept = 2_000

// markup is how desks look on the page, kept for as long as they look so: a page after a change
// costs what has changed. It is used by one rendering at a time.
type markup struct {
	page *template.Template
	rows map[looks]template.HTML
}

// looks is a row, and the template that shows it.
type looks struct {
	row
	as string
}

// parsed is the page, whose rows are kept.
func parsed() (*markup, error) {
	m := &markup{rows: make(map[looks]template.HTML)}
	var err error
	m.page, err = template.New("status.html").Funcs(template.FuncMap{"row": m.of}).ParseFS(files, "status.html")
	return m, err
}

// of is r as the template called as shows it.
func (m *markup) of(as string, r row) (template.HTML, error) {
	key := looks{r, as}
	if known, ok := m.rows[key]; ok {
		return known, nil
	}
	var text strings.Builder
	if err := m.page.ExecuteTemplate(&text, as, r); err != nil {
		return "", err
	}
	if len(m.rows) >= rowsKept {
		clear(m.rows)
	}
	m.rows[key] = template.HTML(text.String()) //nolint:gosec // it is of the page's own template
	return m.rows[key], nil
}
