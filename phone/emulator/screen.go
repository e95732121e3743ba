package emulator

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"deskd/phone"
	"deskd/phone/emulator/schema"
)

// Screen is the area of the services as text, framed, as wide and high as the model's.
// A line that begins with > is the item that is chosen; v at the end of the frame says
// that more follows below.
func (p *Phone) Screen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	title, body, prompt, focus := p.content()
	return p.model.frame(title, body, prompt, focus) + p.keyLine()
}

// CallScreen is what the phone's own key for its calls shows: the list, the latest call
// first.
func (p *Phone) CallScreen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var body []string
	for _, c := range p.calls {
		body = append(body, fmt.Sprintf("%-8s  %s", c.Kind, c.Number))
	}
	if len(body) == 0 {
		body = []string{"No calls"}
	}
	return p.model.frame("Calls", body, "", 0) + " [Exit]\n"
}

// frame draws a title, the part of a body that has its line focus in sight, and a prompt.
func (m Model) frame(title string, body []string, prompt string, focus int) string {
	first := max(0, min(focus-m.rows+1, len(body)-m.rows))
	last := min(len(body), first+m.rows)
	foot := strings.Repeat("-", m.columns)
	if last < len(body) {
		foot = foot[1:] + "v"
	}
	var b strings.Builder
	line := func(s string) {
		s = clip(s, m.columns)
		b.WriteString("|" + s + strings.Repeat(" ", m.columns-utf8.RuneCountInString(s)) + "|\n")
	}
	b.WriteString("+" + strings.Repeat("-", m.columns) + "+\n")
	line(title)
	for _, s := range body[first:last] {
		line(s)
	}
	for range m.rows - (last - first) {
		line("")
	}
	line(prompt)
	b.WriteString("+" + foot + "+\n")
	return b.String()
}

// keyLine are the softkeys, under the frame; the lock is held.
func (p *Phone) keyLine() string {
	var keys []string
	for _, k := range p.softKeys() {
		keys = append(keys, "["+k[0]+"]")
	}
	return strings.TrimRight(" "+strings.Join(keys, " "), " ") + "\n"
}

func clip(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most])
	}
	return s
}

// content is what the screen has to show, and the line to keep in sight.
func (p *Phone) content() (title string, body []string, prompt string, focus int) {
	s := p.top()
	switch {
	case p.message != "":
		return "", []string{p.message}, "", 0
	case s == nil:
		body = []string{p.status}
		if p.user != "" {
			body = append(body, "Logged in: "+p.user)
		}
		if p.inCall {
			body = append(body, "In a call")
		}
		return p.name, body, "", 0
	}
	title, prompt = s.root.Child("Title").Text, s.root.Child("Prompt").Text
	for i, item := range s.items() {
		mark := " "
		if i == s.focus {
			mark, focus = ">", len(body)
		}
		name := strings.ReplaceAll(item.Child("Name").Text, "\n", " / ")
		if number := item.Child("Telephone").Text; number != "" {
			name += " " + number
		}
		body = append(body, fmt.Sprintf("%s%d %s", mark, i+1, name))
	}
	if text := s.root.Child("Text").Text; text != "" {
		body = append(body, wrap(text, p.model.columns)...)
	}
	for _, field := range s.root.All("InputItem") {
		body = append(body, field.Child("DisplayName").Text+": "+s.value(field))
	}
	if len(s.root.All("Width"))+len(s.root.All("LocationX")) > 0 {
		body = append(body, "(picture)")
	}
	return title, body, prompt, focus
}

// value is what a field shows.
func (s *shown) value(field schema.Element) string {
	value := s.entered[field.Child("QueryStringParam").Text]
	if strings.Contains(field.Child("InputFlags").Text, "P") {
		return strings.Repeat("*", utf8.RuneCountInString(value))
	}
	return value
}

// wrap breaks text at words, and words that are longer than a line.
func wrap(text string, width int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := ""
		for word := range strings.FieldsSeq(paragraph) {
			for utf8.RuneCountInString(word) > width {
				lines, line = flush(lines, line), ""
				lines = append(lines, clip(word, width))
				word = string([]rune(word)[width:])
			}
			if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
				lines, line = append(lines, line), ""
			}
			line = strings.TrimPrefix(line+" "+word, " ")
		}
		lines = append(lines, line)
	}
	return lines
}

func flush(lines []string, line string) []string {
	if line == "" {
		return lines
	}
	return append(lines, line)
}

// softKeys are the labels and URLs under the screen: those of the page, or the phone's
// own if it has none; the lock is held.
func (p *Phone) softKeys() [][2]string {
	s := p.top()
	if s == nil {
		return nil
	}
	var keys [][2]string
	for position := 1; position <= phone.MaxSoftKeys; position++ {
		for _, k := range s.root.All("SoftKeyItem") {
			if k.Child("Position").Text == fmt.Sprint(position) {
				keys = append(keys, [2]string{k.Child("Name").Text, k.Child("URL").Text})
			}
		}
	}
	if len(keys) > 0 || p.model.noSoftKeys {
		return keys
	}
	own := map[phone.Kind]string{
		phone.KindText: "Update Exit", phone.KindImage: "Update Exit", phone.KindImageFile: "Update Exit",
		phone.KindInput: "Submit << Cancel", phone.KindDirectory: "Dial EditDial Cancel",
	}[phone.Kind(s.root.Name)]
	if own == "" {
		own = "Select Exit"
	}
	if s.refresh != "" {
		own = "Next " + own
	}
	for label := range strings.FieldsSeq(own) {
		keys = append(keys, [2]string{label, "SoftKey:" + label})
	}
	return keys
}
