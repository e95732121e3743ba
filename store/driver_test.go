package store

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"
)

// gorm's driver links SQLite in C into every build with a C compiler. No file is
// ever opened with it: what is proven of deskd's database is proven of modernc's.
func TestOneDriverOpensFiles(t *testing.T) {
	st, err := Open(t.Context(), filepath.Join(t.TempDir(), "deskd.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close() //nolint:errcheck // nothing was written
	for _, of := range []*gorm.DB{writer(st), st.db.Read(t.Context()), must(st.Aside())(t).db.Read(t.Context())} {
		db := must(of.DB())(t)
		if of := reflect.TypeOf(db.Driver()).Elem().PkgPath(); of != "modernc.org/sqlite" {
			t.Errorf("a pool of %s", of)
		}
	}
	opened := 0
	err = fs.WalkDir(os.DirFS(".."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", name), nil, 0)
		if err != nil {
			return err
		}
		gorms := slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"gorm.io/driver/sqlite"` })
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if of, ok := call.Fun.(*ast.SelectorExpr); ok && selects(of, "sql", "Open") {
				opened++
				if l, ok := call.Args[0].(*ast.BasicLit); !ok || l.Value != `"sqlite"` {
					t.Errorf("%s opens a database with another driver than sqlite", name)
				}
			} else if ok && gorms && selects(of, "sqlite", "Open") {
				t.Errorf("%s opens a database with gorm's own driver", name)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if opened < 2 {
		t.Errorf("only %d places open a database", opened)
	}
}

func selects(s *ast.SelectorExpr, pkg, name string) bool {
	of, ok := s.X.(*ast.Ident)
	return ok && of.Name == pkg && s.Sel.Name == name
}
