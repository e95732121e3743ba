package model_test

import (
	"fmt"
	"net/http"

	"deskd/phone"
	"deskd/phone/model"
)

// One menu, laid out for the smallest display.
func ExamplePhone_LayMenu() {
	h := http.Header{}
	h.Set(model.ModelHeader, "DP-9811")
	p, err := model.Detect(h)
	if err != nil {
		fmt.Println(err)
		return
	}
	laid := p.LayMenu(phone.Head{Title: "Free desks on the second floor"}, []phone.MenuItem{
		{Name: "Desk 1 by the window, with two displays", URL: "http://deskd.example/1"},
		{Name: "Desk 2", URL: "http://deskd.example/2"},
	}, 0, nil)
	menu := laid.Object.(phone.Menu)
	fmt.Println(p.Name, p.Width, p.Height)
	fmt.Println(menu.Title)
	for _, item := range menu.Items {
		fmt.Println("-", item.Name)
	}
	fmt.Println(laid.Cuts)
	// Output:
	// 9811, 9841 248 28
	// Free desks on the
	// - Desk 1 by the window,
	// - Desk 2
	// [Title: too long, 17 of 30 kept MenuItem/Name: too long, 21 of 39 kept]
}
