// Package configs owns deskd's configuration: its types, its defaults, the
// reading of the YAML file and every check that needs nothing but the file.
//
// It is a leaf: it imports what spells names and rules, and hands out plain values,
// which cmd/deskd translates for the other packages. It opens no connection and
// keeps no secret: a [Config] says where a password is, [Cluster.Password]
// reads it when it is needed.
//
// Its invariants: a Config returned without error needs no further check of its
// values, and one reading of a file reports all its mistakes, each with the
// line it stands on. No message repeats a password or a URL, which may hold one.
//
// The folder also holds what an installation begins with: deskd.yaml, the
// commented defaults that [Example] returns, and deskd.service, the systemd unit.
package configs
