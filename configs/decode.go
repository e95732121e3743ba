package configs

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"deskd/reservations/spelling"
)

// decoder fills a value from a YAML tree and goes on after each mistake. It reads
// the part of YAML that a configuration needs: mappings, lists and plain values;
// anchors, aliases, merge keys and tags are refused by name.
type decoder struct{ *findings }

var tricks = complaint{"uses an anchor, alias, merge key or tag of YAML, which are not read here", "write the value out"}

// value reads n, which stands at key, into v.
func (d decoder) value(key string, n ast.Node, v reflect.Value) {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		d.add(key, tricks)
		return
	case *ast.NullNode:
		d.nothing(key, v)
		return
	}
	switch v.Kind() {
	case reflect.Pointer: // a key that may be left out for that of the site
		v.Set(reflect.New(v.Type().Elem()))
		d.value(key, n, v.Elem())
	case reflect.Struct:
		d.mapping(key, n, v)
	case reflect.Slice:
		d.sequence(key, n, v)
	default:
		d.add(key, scalar(n, v))
	}
}

// nothing reads a key without value. A section or list whose entries are all
// commented out is an empty one; a single value has to be there.
func (d decoder) nothing(key string, v reflect.Value) {
	if v.Kind() != reflect.Struct && v.Kind() != reflect.Slice {
		d.add(key, complaint{"has no value", "give it one, or remove the key"})
	}
}

func (d decoder) mapping(key string, n ast.Node, v reflect.Value) {
	m, ok := n.(ast.MapNode)
	if !ok {
		d.add(key, complaint{"must have keys, is " + kind(n), "expected " + strings.Join(keys(v.Type()), ", ")})
		return
	}
	for entries := m.MapRange(); entries.Next(); {
		name := entries.Key().GetToken().Value
		at := position(entries.Key())
		under := child(key, name)
		if first, ok := d.places[under]; ok {
			d.addAt(at, under, complaint{fmt.Sprintf("is already on line %d", first.line), "remove one of the two"})
			continue
		}
		d.places[under] = at
		if _, ok := entries.Key().(*ast.MergeKeyNode); ok {
			d.addAt(at, under, tricks)
			continue
		}
		field, ok := fieldOf(v, name)
		if !ok {
			d.unknown(key, name, keys(v.Type()))
			d.misspelt(key, entries, m, v)
			continue
		}
		d.value(under, entries.Value(), field)
	}
}

// unknown reports the key called name, which is not known under key.
func (d decoder) unknown(key, name string, known []string) {
	under := child(key, name)
	if isSecret(name) {
		into := secretKey(name, known)
		d.add(under, complaint{
			"a password or token never stands in this file",
			fmt.Sprintf("put it into a file of its own and name that in %s_file, or name an environment variable in %[1]s_env", into),
		})
		d.blamed[child(key, into+"_file")] = true
		return
	}
	guess := spelling.Nearest(name, known)
	if guess == "" {
		d.add(under, complaint{"is not a key", "known here: " + strings.Join(known, ", ")})
		return
	}
	d.add(under, complaint{"is not a key", fmt.Sprintf("did you mean %s?", guess)})
	d.blamed[child(key, guess)] = true // or it would be reported as missing, too
}

// misspelt reads a section or list, an entry of m under an unknown key, as that of the
// key that was probably meant: otherwise mistakes below it would be found only once its
// name is right. That key may not be there, too.
func (d decoder) misspelt(key string, entry *ast.MapNodeIter, m ast.MapNode, v reflect.Value) {
	name, n := entry.Key().GetToken().Value, entry.Value()
	guess := spelling.Nearest(name, keys(v.Type()))
	field, ok := fieldOf(v, guess)
	if !ok || isSecret(name) {
		return
	}
	for others := m.MapRange(); others.Next(); {
		if others.Key().GetToken().Value == guess {
			return
		}
	}
	_, section := n.(ast.MapNode)
	_, list := n.(*ast.SequenceNode)
	meant := child(key, guess)
	if _, read := d.places[meant]; read || !(section && field.Kind() == reflect.Struct || list && field.Kind() == reflect.Slice) {
		return
	}
	d.places[meant] = d.places[child(key, name)]
	delete(d.blamed, meant) // it is there, and what is below it counts
	d.value(meant, n, field)
}

func isSecret(name string) bool {
	name = spelling.Fold(name)
	return strings.Contains(name, "password") || strings.Contains(name, "passwd") || strings.Contains(name, "secret") || strings.Contains(name, "token")
}

// secretKey is the beginning of the keys, among those known, that say where the
// secret called name is.
func secretKey(name string, known []string) string {
	for _, key := range []string{"token", "password"} {
		if strings.Contains(spelling.Fold(name), key) && slices.Contains(known, key+"_file") {
			return key
		}
	}
	if slices.Contains(known, "password_file") {
		return "password"
	}
	return "app_password"
}

func (d decoder) sequence(key string, n ast.Node, v reflect.Value) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		d.add(key, complaint{"must be a list, is " + kind(n), `begin each entry with "- ", or write [one, two]`})
		return
	}
	v.SetZero() // a list replaces its default
	for i, entry := range list.Values {
		under := fmt.Sprintf("%s[%d]", key, i)
		d.places[under] = position(entry)
		element := reflect.New(v.Type().Elem()).Elem()
		switch into := element.Addr().Interface().(type) {
		case *Cluster:
			*into = defaults.cluster
		case *Feed:
			*into = defaults.feed
		}
		d.value(under, entry, element)
		v.Set(reflect.Append(v, element))
	}
}

// scalar reads a single value.
func scalar(n ast.Node, v reflect.Value) complaint {
	text, ok := plain(n)
	switch into := v.Addr().Interface().(type) {
	case *string:
		if !ok {
			return complaint{"must be text, is " + kind(n), ""}
		}
		*into = text
	case *Duration:
		if !ok {
			return complaint{"must be a duration, is " + kind(n), `such as "5m"`}
		}
		parsed, c := parseDuration(text)
		if c.none() {
			*into = parsed
		}
		return c
	case *bool:
		b, is := n.(*ast.BoolNode)
		if !is {
			return complaint{"must be true or false, is " + kind(n), ""}
		}
		*into = b.Value
	default:
		return number(n, text, into)
	}
	return complaint{}
}

// number reads a value that is a number.
func number(n ast.Node, text string, v any) complaint {
	_, isInt := n.(*ast.IntegerNode)
	_, isFloat := n.(*ast.FloatNode)
	switch into := v.(type) {
	case *int:
		whole, err := strconv.Atoi(text)
		switch {
		case errors.Is(err, strconv.ErrRange):
			return complaint{text + " is out of range", "write a smaller number"}
		case !isInt || err != nil:
			return complaint{"must be a whole number, is " + kind(n), ""}
		}
		*into = whole
	case *float64:
		value, err := strconv.ParseFloat(text, 64)
		if !isInt && !isFloat || err != nil {
			return complaint{"must be a number, is " + kind(n), ""}
		}
		*into = value
	}
	return complaint{}
}

// plain returns a single value as it is written: the desk 4.10 is not the
// number 4.1.
func plain(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.LiteralNode:
		return n.Value.Value, true
	case ast.ScalarNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// kind names what n is, in the words of a message.
func kind(n ast.Node) string {
	switch n.(type) {
	case *ast.SequenceNode:
		return "a list"
	case ast.MapNode:
		return "a section with keys"
	case *ast.IntegerNode, *ast.FloatNode:
		return "the number " + n.GetToken().Value
	case *ast.NanNode, *ast.InfinityNode, *ast.BoolNode:
		return n.GetToken().Value
	}
	return "text"
}

// position returns where the first letter of n stands: a mapping's token is its
// first colon.
func position(n ast.Node) place {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return position(m.Values[0].Key)
	}
	at := n.GetToken().Position
	return place{at.Line, at.Column}
}

// fieldOf returns the field of the struct v that the file calls name.
func fieldOf(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if tag := v.Type().Field(i).Tag.Get("yaml"); tag != "" && tag == name {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// keys returns what the file calls the fields of the struct type t.
func keys(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		if tag := t.Field(i).Tag.Get("yaml"); tag != "" {
			names = append(names, tag)
		}
	}
	return names
}
