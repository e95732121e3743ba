package configs

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// A configuration is never as large nor as deep as this. The YAML parser needs
// memory with the square of both: a wrong file must not take the machine along.
const (
	maxSize  = 1 << 20
	maxDepth = 32
)

// tree returns the mapping the file consists of, nil when it is empty or not
// one.
func (f *findings) tree(data []byte) ast.Node {
	data = clean(data)
	if len(data) > maxSize {
		f.addAt(place{}, "", complaint{fmt.Sprintf("is larger than %d bytes", maxSize), "is this the right file?"})
		return nil
	}
	tokens := lexer.Tokenize(string(data))
	if t := tooDeep(tokens); t != nil {
		f.addAt(place{t.Position.Line, t.Position.Column}, "", complaint{"nests too deep to be a configuration", "is this the right file?"})
		return nil
	}
	// The parser would stop at a key that is there twice; the decoder goes on.
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		at, c := syntax(err)
		f.addAt(at, "", c)
		return nil
	}
	var root ast.Node
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case root != nil:
			f.addAt(position(doc.Body), "", complaint{"a second document begins here, which nobody would read", `remove the "---" above it`})
		case !isMapping(doc.Body):
			f.addAt(position(doc.Body), "", complaint{"is " + kind(doc.Body), "expected the keys " + strings.Join(keys(reflect.TypeFor[Config]()), ", ")})
		default:
			root = doc.Body
		}
	}
	return root
}

// clean removes what Windows editors add: a byte order mark, and carriage
// returns, for which the parser counts the lines of comments twice.
func clean(data []byte) []byte {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
}

// tooDeep returns the token that opens one list or mapping too many: by
// brackets, or by dashes on one line. Depth by indentation is bounded by maxSize.
func tooDeep(tokens token.Tokens) *token.Token {
	brackets, dashes, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			dashes, line = 0, t.Position.Line
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			brackets++
		case token.SequenceEndType, token.MappingEndType:
			brackets--
		case token.SequenceEntryType:
			dashes++
		}
		if brackets > maxDepth || dashes > maxDepth {
			return t
		}
	}
	return nil
}

func isMapping(n ast.Node) bool {
	_, ok := n.(ast.MapNode)
	return ok
}

// syntax translates an error of the YAML parser. Its own text would quote the
// lines around the place, and passwords in them.
func syntax(err error) (place, complaint) {
	const rest = "nothing of the file can be read before this is corrected"
	var at place
	what := "not YAML"
	if e, ok := errors.AsType[yaml.Error](err); ok {
		what += ": " + e.GetMessage()
		if t := e.GetToken(); t != nil {
			at = place{t.Position.Line, t.Position.Column}
		}
	}
	switch {
	case strings.Contains(what, "reserved character"):
		return at, complaint{what, "put the value into quotes; " + rest}
	case strings.Contains(what, "'\t'"):
		return at, complaint{strings.ReplaceAll(what, "\t", `\t`), "indent with blanks, not tabs; " + rest}
	}
	return at, complaint{what, rest}
}
