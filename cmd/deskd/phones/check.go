package phones

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"deskd/cmd/deskd/cli"
	"deskd/cmd/deskd/console"
	"deskd/phone/devicelist"
	"deskd/reservations"
)

// Check is deskd check phones.
func Check() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "phones FILE",
		Short: "Compare a saved list of phones with the desks' phones",
		Long: `Compare a saved DeviceListX report (XML), which CallManager gave out up to release 4,
with the phones of the desks: which are in it and registered, which are in it and not,
and which it lacks. Nothing is stored and no phone is asked; the list is as old as the
file. A report with a mistake is refused whole, with its line. Exit code 1: some desk's
phone is not registered in the list. FILE "-" is standard input.`,
		Args: cli.Takes(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			listed, err := read(cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			return cli.Open(cmd, true, func(ctx context.Context, a *cli.App) error {
				desks, err := a.Store.Desks(ctx)
				if err != nil {
					return err
				}
				return compare(desks, listed).print(cmd)
			})
		},
	}
	cli.AddOutput(cmd)
	return cmd
}

func read(stdin io.Reader, path string) ([]devicelist.Device, error) {
	in := stdin
	if path != "-" {
		file, err := os.Open(path) //nolint:gosec // the user of the verb names the file
		if err != nil {
			return nil, cli.Usage(err)
		}
		defer file.Close() //nolint:errcheck // it was only read
		in = file
	}
	listed, err := devicelist.Read(in)
	if wrong, ok := errors.AsType[*devicelist.LineError](err); ok {
		return nil, cli.Usagef("%s:%d: %w", path, wrong.Line, wrong.Err)
	}
	if err != nil {
		return nil, cli.Usagef("%s: %w", path, err)
	}
	return listed, nil
}

// comparison is what a list says of the desks' phones.
type comparison struct {
	Desks []deskPhone `json:"desks"` // those that have a phone, in the order of their ids
	// Listed is how many phones the list has, and Others how many of them no desk has.
	Listed int `json:"listed"`
	Others int `json:"others"`
}

// deskPhone is what a list says of the phone of a desk.
type deskPhone struct {
	Desk        string `json:"desk"`
	Device      string `json:"device"`
	Status      string `json:"status"`
	Address     string `json:"address,omitempty"`
	Description string `json:"description,omitempty"`
	Line        int    `json:"line,omitempty"` // of the file
}

// What a list says of a phone.
const (
	registered    = "registered"
	notRegistered = "not_registered"
	notFound      = "not_found" // listed, and the phone system did not know of it
	missing       = "missing"   // not listed
)

func compare(desks []reservations.Desk, listed []devicelist.Device) comparison {
	byName := make(map[string]devicelist.Device)
	for _, l := range listed {
		byName[strings.ToUpper(l.Name)] = l
	}
	c := comparison{Desks: []deskPhone{}, Listed: len(listed)}
	ours := make(map[string]bool)
	for _, d := range desks {
		if d.Device == "" {
			continue
		}
		p := deskPhone{Desk: d.ID, Device: d.Device, Status: missing}
		if l, found := byName[strings.ToUpper(d.Device)]; found {
			ours[strings.ToUpper(l.Name)] = true
			p.Line, p.Description = l.Line, l.Description
			p.Status = map[devicelist.Status]string{devicelist.Registered: registered, devicelist.NotRegistered: notRegistered, devicelist.NotFound: notFound}[l.Status]
			if l.Address.IsValid() {
				p.Address = l.Address.String()
			}
		}
		c.Desks = append(c.Desks, p)
	}
	c.Others = len(byName) - len(ours)
	return c
}

func (c comparison) print(cmd *cobra.Command) error {
	count := make(map[string]int)
	var rows [][]string
	for _, p := range c.Desks {
		count[p.Status]++
		rows = append(rows, []string{p.Desk, p.Device, strings.ReplaceAll(p.Status, "_", " "), console.Dash(p.Address), console.Dash(p.Description)})
	}
	asJSON, err := cli.WantsJSON(cmd)
	switch {
	case err != nil:
	case asJSON:
		err = console.JSON(cmd.OutOrStdout(), c)
	case len(rows) == 0:
		_, err = fmt.Fprintln(cmd.OutOrStdout(), "No desk has a phone: there is nothing to compare.")
	default:
		if err = console.Table(cmd.OutOrStdout(), "DESK PHONE STATUS ADDRESS DESCRIPTION", rows); err == nil {
			_, err = console.Printf(cmd.OutOrStdout(), "\n%s: %d registered, %d not registered, %d not found, %d missing; the list has %s that no desk has\n",
				console.Count(len(rows), "phone of a desk", "phones of desks"), count[registered], count[notRegistered], count[notFound], count[missing],
				console.Count(c.Others, "phone", "phones"))
		}
	}
	if err == nil && count[registered] < len(c.Desks) {
		return cli.ErrSaid
	}
	return err
}
