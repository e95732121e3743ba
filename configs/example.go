package configs

import _ "embed"

//go:embed deskd.yaml
var example string

// Example returns the commented default configuration, which `deskd config`
// prints: every key with its default where it has one, and else with a made-up
// value. It parses without a mistake.
func Example() string { return example }
