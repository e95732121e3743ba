package fetch

import (
	"fmt"
	"sort"
)

// Body is the answer of a fetch. With NotModified the body asked about is still
// the current one and all else but its validators is empty.
type Body struct {
	Text Text
	// Objects are, of the calendar of a CalDAV server, the objects in Text by the
	// line they begin on.
	Objects []Object
	// Unread are its objects that could not be fetched or read, by name.
	Unread []Unread
	Validators
	NotModified bool
}

// Object is a part of a body that is a resource of its own at the server.
type Object struct {
	Name string // last part of its address
	Line int    // of the body, 1-based
}

// Unread is an object without readable contents.
type Unread struct {
	Name string
	UID  string // as far as it can be seen
	Why  string
	// Known says that Text has what the object said before.
	Known bool
}

// Place is the object a line of the body stands in, and the line of it. Without
// objects a line is one of the body.
func (b Body) Place(line int) (name string, of int) {
	n := sort.Search(len(b.Objects), func(i int) bool { return b.Objects[i].Line > line }) - 1
	if n < 0 {
		return "", line
	}
	return b.Objects[n].Name, line - b.Objects[n].Line + 1
}

// Where says where a line is.
func (b Body) Where(line int) string {
	name, of := b.Place(line)
	if name == "" {
		return fmt.Sprintf("on line %d", of)
	}
	return fmt.Sprintf("in %s", name)
}
