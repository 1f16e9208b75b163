"""A mixture of what Python programs do: objects, dictionaries, text, sorting, big integers, generators."""
import json
import re
import sys
from collections import Counter, defaultdict


class Body:
    def __init__(self, x, v):
        self.x = x
        self.v = v

    def step(self, force, dt):
        self.v += force * dt
        self.x += self.v * dt


def simulate(rounds):
    bodies = [Body(float(i), 0.1 * i) for i in range(40)]
    for _ in range(rounds):
        centre = sum(body.x for body in bodies) / len(bodies)
        for body in bodies:
            body.step(centre - body.x, 0.01)
    return round(sum(body.x * body.x for body in bodies), 9)


def queens(n, row=0, columns=0, left=0, right=0):
    if row == n:
        return 1
    free = ~(columns | left | right) & ((1 << n) - 1)
    found = 0
    while free:
        bit = free & -free
        free ^= bit
        found += queens(n, row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1)
    return found


def words(count):
    seed = 12345
    for _ in range(count):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        yield "w%x" % (seed % 5003)


def text(count):
    counter = Counter(words(count))
    groups = defaultdict(list)
    for word, times in sorted(counter.items(), key=lambda item: (-item[1], item[0])):
        groups[len(word)].append((word, times))
    document = json.dumps({str(k): v[:200] for k, v in groups.items()})
    back = json.loads(document)
    return len(document), len(re.findall(r'"w[0-9a-f]+7"', document)), sum(len(v) for v in back.values())


def digits(n):
    k, a, b, a1, b1, out = 2, 4, 1, 12, 4, []
    while len(out) < n:
        p, q, k = k * k, 2 * k + 1, k + 1
        a, b, a1, b1 = a1, b1, p * a + q * a1, p * b + q * b1
        d, d1 = a // b, a1 // b1
        while d == d1 and len(out) < n:
            out.append(str(d))
            a, a1 = 10 * (a % b), 10 * (a1 % b1)
            d, d1 = a // b, a1 // b1
    return "".join(out[-10:])


scale = int(sys.argv[1])
for _ in range(scale):
    print(simulate(400), queens(8), text(30000), digits(400))
