// Draws from the distributions of the models, the same to the last bit on every machine. The C
// library's exp, log and pow give other bits with another CPU (FMA), so these are our own, made of
// + - * / only; -ffp-contract=off keeps the compiler from fusing them. Whoever draws rounds the
// result to an integer at once.
#pragma once

#include <cstdint>

#include "base/random.h"

namespace starling::sim {

double Exp(double x);             // relative error below 1e-15; 0 or infinity outside of its range
double Log(double x);             // x > 0 and normal
double Pow(double x, double y);   // x > 0
double NormalQuantile(double p);  // 0 < p < 1; relative error below 2e-9
double GammaFunction(double x);   // x > 0; relative error below 1e-13

double DrawUniform(Random& random);      // in (0, 1), 53 bits
double DrawNormal(Random& random);       // mean 0, deviation 1
double DrawExponential(Random& random);  // mean 1
double DrawLognormal(Random& random, double median, double sigma);
double DrawWeibull(Random& random, double shape, double scale);
double DrawGamma(Random& random, double shape);  // scale 1; shape >= 1

}  // namespace starling::sim
