package configs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// Find returns the configuration file to read: explicit when it is not empty,
// else deskd.yaml in the working directory, else /etc/deskd/deskd.yaml. When
// there is none the error is an fs.ErrNotExist that says where it looked.
func Find(explicit string) (string, error) {
	if explicit != "" {
		return find(explicit)
	}
	return find("deskd.yaml", "/etc/deskd/deskd.yaml")
}

// find returns the first of paths that exists. One that cannot be looked at is
// an error rather than a reason to take the next: it may be the one meant.
func find(paths ...string) (string, error) {
	for _, path := range paths {
		_, err := os.Stat(path)
		if err == nil {
			return path, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("find configuration: %w", err)
		}
	}
	return "", fmt.Errorf("find configuration: looked for %s: %w; `deskd config > deskd.yaml` makes one",
		strings.Join(paths, " and "), fs.ErrNotExist)
}

// Load reads and checks the file at path. Its errors are those of [Parse], and
// the reason when the file cannot be read.
func Load(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, data)
}

// Check is [Load] and [Config.CheckFiles] in one: all mistakes of both, in the
// order of the file.
func Check(path string) (Config, error) {
	c, err := Load(path)
	mistakes, read := errors.AsType[Mistakes](err)
	if err != nil && !read {
		return c, err
	}
	more, _ := errors.AsType[Mistakes](c.CheckFiles())
	return c, inOrder(append(mistakes, more...))
}

// Parse reads and checks data, the content of the file called name; relative
// paths in it are resolved against the folder of name. It opens no other file:
// see [Config.CheckFiles]. The error is a [Mistakes] with everything that is
// wrong; the Config then holds what could be read, of use to CheckFiles alone.
func Parse(name string, data []byte) (Config, error) {
	f := newFindings(name)
	c := Default()
	if root := f.tree(data); root != nil {
		decoder{f}.mapping("", root, reflect.ValueOf(&c).Elem())
	}
	c.settle(f.source)
	f.check(c)
	c.resolve(filepath.Dir(name))
	c.source = f.source
	return c, inOrder(f.list)
}

// settle fills in what the file may leave out.
func (c *Config) settle(s source) {
	c.Database.settle()
	for i := range c.Feeds {
		c.Feeds[i].settle(s, fmt.Sprintf("feeds[%d]", i))
	}
}

// settle completes a feed: {fixed: D12} says where its desk comes from and whose
// calendar it is, and the calendar of a desk holds the desk while it is asked.
func (f *Feed) settle(s source, key string) {
	f.Desk.settle(s.has(key + ".desk.from"))
	f.Person.settle(s.has(key + ".person.from"))
	if !s.has(key + ".kind") {
		switch {
		case f.Desk.From == "fixed":
			f.Kind = "desk"
		case f.Person.From == "fixed":
			f.Kind = "person"
		}
	}
	if f.Kind == "desk" && !s.has(key+".tentative") {
		f.Tentative = "reserved"
	}
	if f.Kind == "holidays" && !s.has(key+".window.ahead") {
		f.Window.Ahead = holidaysAhead
	}
}

// holidaysAhead is how far ahead a calendar of holidays is read: nothing is booked on a day of
// which it is not known yet that it is one. Bookings of a series begin within 400 days, and last
// as long at most.
const holidaysAhead = 800 * 24 * hour

func (r *Rule) settle(given bool) {
	if r.Fixed != "" && !given {
		r.From = "fixed"
	}
}

// resolve makes the paths in c relative to the working directory, or absolute,
// where the file has them relative to its own folder.
func (c *Config) resolve(folder string) {
	under := func(path *string) {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(folder, *path)
		}
	}
	if c.Database.Driver != driverPostgres {
		under(&c.Database.DSN)
	}
	under(&c.Database.Anchors)
	for _, path := range []*string{&c.TLS.CertFile, &c.TLS.KeyFile, &c.Phones.Push.PasswordFile} {
		under(path)
	}
	for i := range c.Clusters {
		under(&c.Clusters[i].AppPasswordFile)
		under(&c.Clusters[i].CAFile)
		ris, axl := &c.Clusters[i].Inventory.RIS, &c.Clusters[i].Inventory.AXL
		for _, path := range []*string{&ris.PasswordFile, &ris.CAFile, &axl.PasswordFile, &axl.CAFile} {
			under(path)
		}
	}
	for i := range c.Feeds {
		under(&c.Feeds[i].PasswordFile)
		under(&c.Feeds[i].TokenFile)
		under(&c.Feeds[i].CAFile)
		if path, ok := filePath(c.Feeds[i].URL); ok {
			under(&path)
			c.Feeds[i].URL = "file:" + path
		}
	}
}
