package configs

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
)

// CheckFiles reports, as a [Mistakes], what the configuration names on this
// machine and is not there or not usable: password files and variables, and the
// files of certificate authorities. It reads them and changes nothing.
func (c Config) CheckFiles() error {
	f := &findings{source: c.source.clone()}
	for i, cluster := range c.Clusters {
		key := fmt.Sprintf("clusters[%d]", i)
		if _, err := cluster.password(); err != nil && !errors.Is(err, errNoPassword) {
			f.add(cluster.passwordKey(key), complaint{err.Error(), "it must hold the password of app_id and nothing else"})
		}
		if cluster.CAFile != "" {
			f.add(key+".ca_file", checkCA(cluster.CAFile))
		}
	}
	return inOrder(f.list)
}

// errNoPassword is a mistake of the file itself, which Parse reports.
var errNoPassword = errors.New("neither app_password_file nor app_password_env is set")

func checkCA(path string) complaint {
	const hint = "expected a PEM file with the certificate, or the authority, of the phone system"
	data, err := os.ReadFile(path)
	if err != nil {
		return complaint{err.Error(), hint}
	}
	if !x509.NewCertPool().AppendCertsFromPEM(data) {
		return complaint{fmt.Sprintf("%s holds no certificate", path), hint}
	}
	return complaint{}
}

// Notes returns what works but should not stay: password files that every user
// of this machine can read. A group may: it is how a daemon without rights is
// given its password, and how systemd's credentials look.
func (c Config) Notes() []string {
	var notes []string
	for _, cluster := range c.Clusters {
		if cluster.AppPasswordFile == "" {
			continue
		}
		stat, err := os.Stat(cluster.AppPasswordFile)
		if err == nil && stat.Mode().Perm()&0o006 != 0 {
			notes = append(notes, fmt.Sprintf("the password of cluster %q is open to everybody on this machine: chmod o= %s", cluster.Name, cluster.AppPasswordFile))
		}
	}
	return notes
}

// Password reads the application user's password from its file or environment
// variable, anew at each call, less one newline at its end. An empty password,
// or one of several lines, is an error; no error repeats it.
func (c Cluster) Password() (string, error) {
	text, err := c.password()
	if err != nil {
		return "", fmt.Errorf("read password of cluster %q: %w", c.Name, err)
	}
	return text, nil
}

func (c Cluster) password() (string, error) {
	text, where := "", c.AppPasswordFile
	switch {
	case c.AppPasswordFile != "":
		data, err := os.ReadFile(c.AppPasswordFile)
		if err != nil {
			return "", err
		}
		text = string(data)
	case c.AppPasswordEnv != "":
		// The variable is not named: a password put there by mistake would be.
		where = "the variable of app_password_env"
		text = os.Getenv(c.AppPasswordEnv)
	default:
		return "", errNoPassword
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

// passwordKey is the key, under the cluster's own, that says where it is.
func (c Cluster) passwordKey(key string) string {
	if c.AppPasswordFile == "" && c.AppPasswordEnv != "" {
		return key + ".app_password_env"
	}
	return key + ".app_password_file"
}
