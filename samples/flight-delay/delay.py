"""Arrival delays of flights from the features of the store: trains on a training set, predicts from what is served.

    python3 delay.py train train.csv model.json
    python3 delay.py predict model.json EWR N14228

Needs nothing but Python. A linear model, fitted by least squares, is not a good one: what matters here is that it trains on the
same features that it is served.
"""
import csv
import json
import os
import sys
import urllib.request

SERVICE = "delay_model_v1"
LABEL = "arr_delay"


def train(path, model_path):
    with open(path, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row[LABEL] not in ("", "NA")]
    # Which features the model takes the registry says, so that training and serving cannot differ.
    references = served("/registry/services/" + SERVICE)["features"]
    names = [reference.split(":")[1] for reference in references]
    means = {name: mean([float(row[name]) for row in rows if row[name] != ""]) for name in names}
    inputs = [[1.0] + [float(row[name]) if row[name] != "" else means[name] for name in names] for row in rows]
    labels = [float(row[LABEL]) for row in rows]
    cut = len(rows) * 4 // 5  # In the order of time: the last fifth is not seen.
    weights = least_squares(inputs[:cut], labels[:cut])
    error = rmse([dot(weights, x) for x in inputs[cut:]], labels[cut:])
    average = mean(labels[:cut])
    print(f"{cut} flights to train on, {len(rows) - cut} to test; RMSE {error:.2f} minutes, of the mean alone {rmse([average] * (len(rows) - cut), labels[cut:]):.2f}")
    with open(model_path, "w") as file:
        json.dump({"service": SERVICE, "features": names, "means": means, "weights": weights}, file, indent=1)


def predict(model_path, origin, tailnum):
    with open(model_path) as file:
        model = json.load(file)
    body = json.dumps({"service": model["service"], "entities": [{"origin": origin, "tailnum": tailnum}]}).encode()
    reply = served("/features/query", body)
    values = dict(zip(reply["features"], reply["rows"][0]["values"]))
    inputs = [1.0] + [model["means"][name] if values[name] is None else float(values[name]) for name in model["features"]]
    print(f"{json.dumps(values)} -> {dot(model['weights'], inputs):.1f} minutes")


def served(path, body=None):
    address = os.environ.get("FEATURESTORE_API", "http://localhost:8080")
    request = urllib.request.Request(address + path, body, {"Content-Type": "application/json"} if body else {})
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)


def least_squares(inputs, labels):
    size = len(inputs[0])
    left = [[sum(x[i] * x[j] for x in inputs) + (1e-6 if i == j else 0.0) for j in range(size)] for i in range(size)]
    right = [sum(x[i] * y for x, y in zip(inputs, labels)) for i in range(size)]
    for i in range(size):  # Gauss, with the largest pivot.
        pivot = max(range(i, size), key=lambda row: abs(left[row][i]))
        left[i], left[pivot], right[i], right[pivot] = left[pivot], left[i], right[pivot], right[i]
        for row in range(i + 1, size):
            factor = left[row][i] / left[i][i]
            left[row] = [a - factor * b for a, b in zip(left[row], left[i])]
            right[row] -= factor * right[i]
    weights = [0.0] * size
    for i in reversed(range(size)):
        weights[i] = (right[i] - sum(left[i][j] * weights[j] for j in range(i + 1, size))) / left[i][i]
    return weights


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def mean(values):
    return sum(values) / len(values) if values else 0.0


def rmse(guesses, labels):
    return (sum((g - y) ** 2 for g, y in zip(guesses, labels)) / len(labels)) ** 0.5


if __name__ == "__main__":
    commands = {"train": (train, 2), "predict": (predict, 3)}
    if len(sys.argv) < 2 or sys.argv[1] not in commands or len(sys.argv) - 2 != commands[sys.argv[1]][1]:
        sys.exit(__doc__)
    commands[sys.argv[1]][0](*sys.argv[2:])
