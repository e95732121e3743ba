package phones

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/phone"
	"deskd/reservations/spelling"
)

// ExplainError is deskd explain phone-error.
func ExplainError() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "phone-error NAME | --list",
		Short: "Say what a message of a phone means, and what to do",
		Long: `Say what has happened when a phone shows a message, or answers a push with an error,
and what to do about it: the nineteen messages of Cisco's book about the services of
phones. NAME is the message as the phone shows it, such as "Host Not Found", or
"CiscoIPPhoneError 4"; case, blanks and brackets do not matter, nor what the phone adds
in parentheses. --list lists all of them. Nothing is asked and no configuration is
needed.`,
		Args: func(cmd *cobra.Command, args []string) error {
			list, err := cmd.Flags().GetBool("list")
			named := strings.TrimSpace(strings.Join(args, " ")) != ""
			switch {
			case err != nil:
				return err
			case list && len(args) > 0:
				return cli.Usagef("a NAME and --list: give one of the two; see %s --help", cmd.CommandPath())
			case !list && !named:
				return cli.Usagef("expected NAME or --list; see %s --help", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return printAll(cmd)
			}
			return printOne(cmd, strings.Join(args, " ")) // a name without quotes is several words
		},
	}
	cmd.Flags().Bool("list", false, "list all nineteen")
	cli.AddOutput(cmd)
	return cmd
}

// said is a message in JSON.
type said struct {
	Message string `json:"message"`
	Cause   string `json:"cause"`
	Remedy  string `json:"remedy"`
}

func saidOf(m phone.Message) said { return said{m.Text, m.Cause, m.Remedy} }

func printAll(cmd *cobra.Command) error {
	asJSON, err := cli.WantsJSON(cmd)
	if err != nil {
		return err
	}
	var all []said
	var rows [][]string
	for _, m := range phone.Messages() {
		all = append(all, saidOf(m))
		rows = append(rows, []string{m.Text, m.Cause})
	}
	if asJSON {
		return console.JSON(cmd.OutOrStdout(), all)
	}
	return console.Table(cmd.OutOrStdout(), "MESSAGE CAUSE", rows)
}

func printOne(cmd *cobra.Command, name string) error {
	all := phone.Messages()
	at := slices.IndexFunc(all, func(m phone.Message) bool { return bare(m.Text) == bare(name) })
	if at < 0 {
		return cli.Usagef("no phone is known to show %q%s (--list lists what they show)", name, spelling.Meant(strings.TrimSpace(name), texts(all)))
	}
	m := all[at]
	return cli.Answer(cmd, saidOf(m), fmt.Sprintf("%s\n  %s\n  What to do: %s\n", m.Text, m.Cause, m.Remedy))
}

func texts(all []phone.Message) []string {
	var texts []string
	for _, m := range all {
		texts = append(texts, m.Text)
	}
	return texts
}

// bare is a message as people copy it from a phone: letters and digits, without what
// follows in parentheses. An error object may be given as it stands in an answer.
func bare(text string) string {
	text, _, _ = strings.Cut(strings.Replace(text, "Number=", "", 1), "(")
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}
