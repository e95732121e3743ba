package configs

import (
	"fmt"
	"net/url"
	"slices"

	"github.com/goccy/go-yaml"
)

// hidden stands for a value that may be or hold a secret.
const hidden = "***"

// Redacted returns the configuration as a tree of the file's keys, to be shown
// to others. It holds no secret, also none that was put in a wrong place: of
// feeds' addresses there are scheme and host alone, of clusters' and of the addresses
// for phones neither user nor query, and of variables and user names only that they are set. Paths of files stay.
func (c Config) Redacted() (map[string]any, error) {
	c.Clusters, c.Feeds = slices.Clone(c.Clusters), slices.Clone(c.Feeds)
	for i := range c.Clusters {
		cluster := &c.Clusters[i]
		cluster.FailoverURLs = slices.Clone(cluster.FailoverURLs)
		cluster.URL = withoutQuery(cluster.URL)
		for j, node := range cluster.FailoverURLs {
			cluster.FailoverURLs[j] = withoutQuery(node)
		}
		if cluster.EMLoginURL != "" {
			cluster.EMLoginURL = withoutQuery(cluster.EMLoginURL)
		}
		hide(&cluster.AppPasswordEnv)
		cluster.Inventory.redact()
	}
	for i := range c.Feeds {
		feed := &c.Feeds[i]
		feed.URL = hostOnly(feed.URL)
		hide(&feed.Username)
		hide(&feed.PasswordEnv)
		hide(&feed.TokenEnv)
	}
	for _, address := range []*string{&c.Phones.BaseURL, &c.Phones.PlainURL} {
		if *address != "" {
			*address = withoutQuery(*address)
		}
	}
	c.Phones.Push.redact()
	if c.Database.Driver == driverPostgres {
		c.Database.DSN = "postgres://" + c.Database.Name()
		hide(&c.Database.DrivingDSN)
	}
	return c.tree()
}

// tree returns the configuration as a tree of the file's keys.
func (c Config) tree() (map[string]any, error) {
	text, err := yaml.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	return tree, nil
}

func hide(value *string) {
	if *value != "" {
		*value = hidden
	}
}

// withoutQuery keeps of an address what says where it leads.
func withoutQuery(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return hidden
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// hostOnly keeps of a calendar's address what cannot be its password: many
// servers put that into the path.
func hostOnly(raw string) string {
	if _, ok := filePath(raw); ok {
		return raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return hidden
	}
	return u.Scheme + "://" + u.Host + "/" + hidden
}
