// Package emulator is a world of Cisco IP phones for tests and demonstrations:
// they fetch services, follow menus, fill in forms, take pushes, and show their
// screen as text.
//
// It owns the phones' side of what package phone sends, and is deliberately
// awkward: it reads pages as strictly as the strictest firmware, answers pushes in
// the ways that firmware is reported to, restarts after a login, loses its
// address to another phone, and keeps its call list until someone clears it. It
// takes nothing from the code it tests but types. It knows nothing of desks. It does
// not carry out event handlers such as onAppClosed, and keeps no cookies.
//
//	world := emulator.New(emulator.Options{Service: transport})
//	p := world.Add(emulator.M9811, "SEP001122334455", netip.MustParseAddr("10.0.0.1"))
//	p.Subscribe("Desk", "http://deskd/phone?name=#DEVICENAME#")
//	p.Services(ctx)
//	p.Choose(ctx, 1)
//	fmt.Print(p.Screen())
//
// A [World] is an http.RoundTripper, so a client in the same process reaches its
// phones, also within a testing/synctest bubble; [Phone] is an http.Handler for a
// listener of your own.
//
// No phone was recorded for it. From the Application Development Notes 5.0(2) are the
// names and forms of the headers, the objects, the answers to a push, the messages and
// the rules of priorities. Field reports say that phones pad their answers, misname
// their roots, find nothing in chunks, restart after a login, and say "Host Not Found" of a
// server whose certificate they do not trust or whose TLS is too new for them. The values of every
// header, the words of the page of streams, and how much text a screen shows are
// inferred.
package emulator

import (
	"crypto/tls"
	"strings"
)

// Model is a phone with the headers that it sends.
type Model struct {
	Name                    string
	header                  [][2]string
	columns, rows           int
	oldMessages, noSoftKeys bool
	newestTLS               uint16 // 0 is the newest that there is
}

// The five models. No set of headers is that of a real request: names and forms are those
// of the Application Development Notes, values come from field reports where there are
// any, and are inferred where there are none. The sizes are those of package model.
var (
	// M7965 reads ISO-8859-1 alone, shows the messages of older firmware, and knows TLS 1.0 at most.
	M7965 = Model{Name: "7965", columns: 33, rows: 8, oldMessages: true, newestTLS: tls.VersionTLS10, header: [][2]string{
		{"x-CiscoIPPhoneModelName", "CP-7965G"}, {"x-CiscoIPPhoneDisplay", "298, 156, 16, C"}, {"x-CiscoIPPhoneSDKVersion", "5.0.1"},
		{"Accept", "x-CiscoIPPhone/*;version=5.0, text/*,image/png,*/*"}, {"Accept-Charset", "iso-8859-1"}, {"Accept-Language", "en"},
	}}
	// M7841 has a monochrome display, and shows no pictures.
	M7841 = Model{Name: "7841", columns: 44, rows: 6, header: [][2]string{
		{"x-CiscoIPPhoneModelName", "CP-7841"}, {"x-CiscoIPPhoneDisplay", "396,162,1,G"}, {"x-CiscoIPPhoneSDKVersion", "8.5.1"},
		{"Accept", "x-CiscoIPPhone/*;version=8.5, text/*,*/*"}, {"Accept-Charset", "utf-8,iso-8859-1;q=0.8"}, {"Accept-Language", "en"},
	}}
	// M8845 has a large colour display.
	M8845 = Model{Name: "8845", columns: 62, rows: 8, header: [][2]string{
		{"x-CiscoIPPhoneModelName", "CP-8845"}, {"x-CiscoIPPhoneDisplay", "559,265,24,C"}, {"x-CiscoIPPhoneSDKVersion", "9.1.1"},
		{"Accept", "x-CiscoIPPhone/*;version=9.1, text/*,image/png,*/*"}, {"Accept-Charset", "utf-8,iso-8859-1;q=0.8"}, {"Accept-Language", "en"},
	}}
	// M8875 is touched, and has no URIs for softkeys.
	M8875 = Model{Name: "8875", columns: 78, rows: 8, noSoftKeys: true, header: [][2]string{
		{"x-CiscoIPPhoneModelName", "CP-8875"}, {"x-CiscoIPPhoneDisplay", "696,312,24,C"}, {"x-CiscoIPPhoneSDKVersion", "9.1.1"},
		{"Accept", "x-CiscoIPPhone/*;version=9.1, text/*,image/png,*/*"}, {"Accept-Charset", "utf-8"}, {"Accept-Language", "en"},
	}}
	// M9811 has the smallest display: 248×28 pixels for services.
	M9811 = Model{Name: "9811", columns: 28, rows: 2, header: [][2]string{
		{"x-CiscoIPPhoneModelName", "DP-9811"}, {"x-CiscoIPPhoneDisplay", "248,28,2,G"}, {"x-CiscoIPPhoneSDKVersion", "9.1.1"},
		{"Accept", "x-CiscoIPPhone/*;version=9.1, text/*,image/png,*/*"}, {"Accept-Charset", "utf-8"}, {"Accept-Language", "en"},
	}}
)

// Models are the five, in the order of their numbers.
func Models() []Model { return []Model{M7965, M7841, M8845, M8875, M9811} }

// modelNumber is what the phone calls its model.
func (m Model) modelNumber() string { return m.header[0][1] }

// shows reports whether the model takes an object, by the end of its name.
func (m Model) shows(kind string) bool {
	kind = strings.TrimPrefix(kind, "CiscoIPPhone")
	lacking := map[string]string{
		"7841": "Image ImageFile GraphicMenu GraphicFileMenu Status StatusFile",
		"8875": "GraphicMenu GraphicFileMenu",
		"9811": "Status StatusFile",
	}[m.Name]
	return !strings.Contains(" "+lacking+" ", " "+kind+" ")
}

// runs reports whether the model knows a family of URIs.
func (m Model) runs(family string) bool {
	lacking := map[string]string{
		"7965": "Vibrate Device",
		"7841": "Display Vibrate Notify SendDigits App Device",
		"8845": "Vibrate",
		"8875": "Vibrate SoftKey",
		"9811": "Vibrate",
	}[m.Name]
	return !strings.Contains(" "+lacking+" ", " "+family+" ")
}
