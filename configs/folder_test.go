package configs

import (
	"reflect"
	"strings"
	"testing"
)

// Every key that names a file is resolved against the folder of the configuration.
func TestFilesAreUnderTheFolder(t *testing.T) {
	var c Config
	paths := make(map[string]reflect.Value)
	var fill func(key string, v reflect.Value)
	fill = func(key string, v reflect.Value) {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
				if v.Type().Field(i).IsExported() {
					fill(key+"."+name, v.Field(i))
				}
			}
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(key+"[0]", v.Index(0))
		case reflect.String:
			if strings.HasSuffix(key, "_file") {
				v.SetString("a-file")
				paths[key] = v
			}
		}
	}
	fill("", reflect.ValueOf(&c).Elem())
	if len(paths) < 5 {
		t.Fatalf("only %d keys name a file", len(paths))
	}
	c.resolve("/folder")
	for key, v := range paths {
		if v.String() != "/folder/a-file" {
			t.Errorf("%s is %s", key, v.String())
		}
	}
}
