// Writes and reads features over HTTP, with nothing but Go's standard library.
//
//	cd samples/clients/go && go run . [DRIVER]
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"
)

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

var (
	ingest = env("FEATURESTORE_INGEST", "http://localhost:8081")
	api    = env("FEATURESTORE_API", "http://localhost:8080")
	client = &http.Client{Timeout: 30 * time.Second}
)

// Values are kept as they came: an int64 through a float64 would lose digits.
type features map[string]json.RawMessage

// call sends a request and reads the reply's JSON; anything but 2xx is an error with what the store says is wrong.
func call(method, address, contentType string, body []byte, reply any) error {
	request, err := http.NewRequest(method, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", contentType)
	// An API key, where the store asks for one.
	if key := os.Getenv("FEATURESTORE_API_KEY"); key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %d %s", method, address, response.StatusCode, text)
	}
	return json.Unmarshal(text, reply)
}

func run(driver string) error {
	// Encoded whole, a slash too, so that no two ids become one.
	path := url.PathEscape(driver)

	// One row: the features named are set, others stay.
	var written struct{ Outcome string }
	if err := call("PATCH", ingest+"/features/"+path+"?view=driver_stats", "application/json", []byte(`{"rating":4.9,"trips":308}`), &written); err != nil {
		return err
	}
	fmt.Println("written:", written.Outcome)

	// Many rows: one JSON object a line. With event and created timestamps a row is the same however often it is sent,
	// so a batch that failed half-way can simply be sent again.
	stamp := time.Now().UTC().Format(time.RFC3339Nano)
	var lines bytes.Buffer
	for i := 0; i < 3; i++ {
		row := map[string]any{
			"view": "driver_stats", "entity_id": fmt.Sprintf("%s-%d", driver, i), "event_timestamp": stamp, "created_timestamp": stamp,
			"features": map[string]any{"rating": 4 + float64(i)/10, "trips": i},
		}
		if err := json.NewEncoder(&lines).Encode(row); err != nil {
			return err
		}
	}
	var counts struct{ Applied, Rejected int }
	if err := call("POST", ingest+"/features", "application/x-ndjson", lines.Bytes(), &counts); err != nil {
		return err
	}
	fmt.Println("bulk:", counts.Applied, "applied,", counts.Rejected, "rejected")

	// One entity.
	var entity struct{ Features features }
	if err := call("GET", api+"/features/"+path+"?view=driver_stats", "application/json", nil, &entity); err != nil {
		return err
	}
	fmt.Printf("read: rating %s, trips %s\n", entity.Features["rating"], entity.Features["trips"])

	// Many entities at once; with a registry, "service" names the features of a model.
	entities := make([]map[string]string, 4)
	for i := range entities {
		entities[i] = map[string]string{"entity_id": fmt.Sprintf("%s-%d", driver, i)}
	}
	query, err := json.Marshal(map[string]any{"features": []string{"driver_stats:rating", "driver_stats:trips"}, "entities": entities})
	if err != nil {
		return err
	}
	var found struct {
		Rows []struct {
			Values   []json.RawMessage
			Statuses []string
		}
	}
	if err := call("POST", api+"/features/query", "application/json", query, &found); err != nil {
		return err
	}
	for _, row := range found.Rows {
		fmt.Printf("query: %s %v\n", row.Values, row.Statuses)
	}
	return nil
}

func main() {
	driver := "driver/1001"
	if len(os.Args) > 1 {
		driver = os.Args[1]
	}
	if err := run(driver); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
