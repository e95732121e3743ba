package phones

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/configs"
	"deskd/scheduler/idle"
	"deskd/web/phone"
)

// Command is deskd phone.
func Command() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "phone",
		Short: "Set up what deskd shows on phones",
		Args:  cli.VerbOf,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cli.Usagef("expected service; see %s --help", cmd.CommandPath())
		},
	}
	cmd.AddCommand(serviceCommand())
	return cmd
}

func serviceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "service",
		Short: "Print what to enter in the cluster for deskd's page on phones",
		Long: `Print what to enter in the phone system (Cisco Unified CM Administration, Device,
Device Settings, Phone Services) so that phones have deskd among their services. The
address is that of phones.base_url in the configuration; the phone replaces
#DEVICENAME# by its own name. Where that is https it is the secure service URL, and
phones.plain_url the service URL: phones that know https take the first, others the
second. With phones.idle_logout it prints the Idle URL and timer, too, for the enterprise
parameters or the phones. Nothing is asked and nothing is written.

Phones are shown nothing unless phones.networks names the networks that they are in.`,
		Args: cli.Takes(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := cli.LoadConfig(cmd)
			if err != nil {
				return err
			}
			if c.Phones.BaseURL == "" {
				return cli.Usagef("phones.base_url is not set: write the address by which phones reach deskd, such as http://desks.example.com:8484")
			}
			s := serviceOf(c.Phones)
			if c.Phones.IdleLogout.After > 0 {
				s.IdleURL, s.IdleSeconds = s.URL+"&"+phone.IdleQuery, int(idle.Every.Seconds())
			}
			if asJSON, err := cli.WantsJSON(cmd); err != nil || asJSON {
				return cli.Finish(cmd, s)
			}
			return s.print(cmd)
		},
	}
	cli.AddOutput(cmd)
	return cmd
}

// service is what the cluster's form for a phone service asks, by the names of its
// fields.
type service struct {
	Name        string `json:"service_name"`
	Description string `json:"service_description"`
	URL         string `json:"service_url"`
	// SecureURL is "" where deskd is reached by http alone: the phone takes URL.
	SecureURL string `json:"secure_service_url"`
	Category  string `json:"service_category"`
	Type      string `json:"service_type"`
	Enable    bool   `json:"enable"`
	// Enterprise subscribes every phone. It can be set only as the service is created.
	Enterprise bool `json:"enterprise_subscription"`
	// Parameters are none: the name of the phone is in the URL.
	Parameters []string `json:"parameters"`
	// IdleURL is what phones fetch that nobody has touched for so many seconds: "" where nobody
	// wants to know.
	IdleURL     string `json:"idle_url,omitempty"`
	IdleSeconds int    `json:"idle_url_time,omitempty"`
}

// serviceOf is the service of a deskd that phones reach as the configuration says. Where they do so by
// https alone, both fields have that: the form wants the first to be filled in.
func serviceOf(c configs.Phones) service {
	at := func(base string) string { return strings.TrimSuffix(base, "/") + phone.Path + "?name=#DEVICENAME#" }
	s := service{
		Name: "Desk", Description: "Whose desk this is, and until when", Category: "XML Service",
		Type: "Standard IP Phone Service", Enable: true, Enterprise: true, Parameters: []string{},
		URL: at(c.ForAll()),
	}
	if strings.HasPrefix(strings.ToLower(c.BaseURL), "https:") {
		s.SecureURL = at(c.BaseURL)
	}
	return s
}

func (s service) print(cmd *cobra.Command) error {
	rows := [][]string{
		{"Service Name", s.Name},
		{"Service Description", s.Description},
		{"Service URL", s.URL},
		{"Secure-Service URL", cmp.Or(s.SecureURL, "(leave it empty: phones.base_url is http)")},
		{"Service Category", s.Category},
		{"Service Type", s.Type},
		{"Enable", "yes"},
		{"Enterprise Subscription", "yes (only as the service is created), or subscribe each phone"},
		{"Service Parameters", "none"},
	}
	if s.IdleURL != "" { // of the enterprise parameters, or of each phone
		rows = append(rows, []string{"Idle (URL)", s.IdleURL}, []string{"Idle Timer", fmt.Sprintf("%d seconds", s.IdleSeconds)})
	}
	return console.Table(cmd.OutOrStdout(), "FIELD VALUE", rows)
}
