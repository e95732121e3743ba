package configs

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
)

// secret says where a password or token is: in a file or, where that is empty,
// in an environment variable. The text itself is never kept.
type secret struct {
	what      string // "password" or "token"
	prefix    string // of the keys, PREFIX_file and PREFIX_env
	file, env string
	holds     string // what must be there, as a hint
}

func (c Cluster) secret() secret {
	return secret{"password", "app_password", c.AppPasswordFile, c.AppPasswordEnv, "the password of app_id"}
}

func (f Feed) secret() secret {
	if f.Username == "" {
		return secret{"token", "token", f.TokenFile, f.TokenEnv, "the token"}
	}
	return secret{"password", "password", f.PasswordFile, f.PasswordEnv, "the password of username"}
}

func (s secret) set() bool { return s.file != "" || s.env != "" }

// key is the one that says where s is, under that of its owner.
func (s secret) key() string {
	if s.file == "" && s.env != "" {
		return s.prefix + "_env"
	}
	return s.prefix + "_file"
}

// complain says what is wrong with what was read, nothing without an error.
func (s secret) complain(err error) complaint {
	if err == nil {
		return complaint{}
	}
	return complaint{err.Error(), "it must hold " + s.holds + " and nothing else"}
}

// read returns the secret, less one newline at its end.
func (s secret) read() (string, error) {
	text, where := "", s.file
	switch {
	case s.file != "":
		data, err := os.ReadFile(s.file)
		if err != nil {
			return "", err
		}
		text = string(data)
	case s.env != "":
		// The variable is not named: a password put there by mistake would be.
		where = "the variable of " + s.key()
		text = os.Getenv(s.env)
	default:
		return "", fmt.Errorf("neither %[1]s_file nor %[1]s_env is set", s.prefix)
	}
	text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	switch {
	case text == "":
		return "", fmt.Errorf("%s is empty", where)
	case strings.ContainsAny(text, "\r\n"):
		return "", fmt.Errorf("%s has more than one line", where)
	}
	return text, nil
}

// Password reads the application user's password from its file or environment
// variable, again at each call, less one newline at its end. An empty password,
// or one of several lines, is an error; no error repeats it.
func (c Cluster) Password() (string, error) {
	text, err := c.secret().read()
	if err != nil {
		return "", fmt.Errorf("read password of cluster %q: %w", c.Name, err)
	}
	return text, nil
}

// HasSecret reports whether the feed is fetched with a password, that of
// Username, or, where Username is empty, with a token.
func (f Feed) HasSecret() bool { return f.secret().set() }

// Secret reads the password or token of a feed that has one, as
// [Cluster.Password] does.
func (f Feed) Secret() (string, error) {
	s := f.secret()
	text, err := s.read()
	if err != nil {
		return "", fmt.Errorf("read %s of feed %q: %w", s.what, f.Name, err)
	}
	return text, nil
}

// Networks returns AllowNetworks without those that cannot be read, which
// [Parse] refuses.
func (f Feed) Networks() []netip.Prefix { return prefixes(f.AllowNetworks) }

// Denied returns DenyNetworks likewise.
func (c Config) Denied() []netip.Prefix { return prefixes(c.DenyNetworks) }

// Prefixes returns Networks likewise.
func (p Phones) Prefixes() []netip.Prefix { return prefixes(p.Networks) }

func prefixes(texts []string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		if network, err := netip.ParsePrefix(text); err == nil {
			all = append(all, network)
		}
	}
	return all
}
