package configs

import (
	"slices"
	"strings"
	"testing"
)

// Which names of devices a cluster takes, and how they are spelt to it.
func TestDevices(t *testing.T) {
	all := []string{"SEP", "ATA", "CSF", "BOT", "TCT", "TAB", "custom:lobby-[0-9]+|Konf 1"}
	tests := []struct {
		kinds  []string
		name   string
		device string // "" for refused
	}{
		{nil, "SEP001122334455", "SEP001122334455"},
		{nil, "sep0011223344aa", "SEP0011223344AA"},
		{nil, "ATA001122334455", "ATA001122334455"},
		{nil, "SEP00112233445", ""},
		{nil, "SEP0011223344556", ""},
		{nil, "SEP00112233445G", ""},
		{nil, "CSFjane", ""},
		{nil, "VGC001122334455", ""},
		{nil, "SEP001122334455\n", ""},
		{nil, "", ""},
		{[]string{"CSF"}, "SEP001122334455", ""},
		{[]string{"CSF"}, "CSFjane", "CSFJANE"},
		{all, "SEP001122334455", "SEP001122334455"},
		{all, "CSFjane.doe", "CSFJANE.DOE"},
		{all, "BOT_jane-1", "BOT_JANE-1"},
		{all, "TCTJANE", "TCTJANE"},
		{all, "TAB123456789012", "TAB123456789012"},
		{all, "TAB1234567890123", ""},
		{all, "CSF", ""},
		{all, "CSF jane", ""},
		{all, "CSFjürgen", ""},
		{all, "lobby-12", "lobby-12"},
		{all, "lobby-12a", ""},
		{all, "xlobby-12", ""},
		{all, "Konf 1", "Konf 1"},
	}
	for _, tt := range tests {
		c := defaults.cluster
		c.Name = "main"
		if tt.kinds != nil {
			c.Devices = tt.kinds
		}
		device, err := c.Device(tt.name)
		switch {
		case tt.device == "" && (err == nil || !strings.Contains(err.Error(), "key devices")):
			t.Errorf("%q among %v is %q (%v), expected an error with the key", tt.name, c.Devices, device, err)
		case tt.device != "" && (err != nil || device != tt.device):
			t.Errorf("%q among %v is %q (%v), expected %q", tt.name, c.Devices, device, err, tt.device)
		}
	}
	if !slices.Equal(defaults.cluster.Devices, []string{"SEP", "ATA"}) {
		t.Error("the defaults have changed")
	}
}
