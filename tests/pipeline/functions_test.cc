#include "pipeline/functions.h"

#include <gtest/gtest.h>

namespace ingot::pipeline {
namespace {

// Goal:   every function has a form in each engine that uses its arguments. Method: look at all templates.
TEST(Functions, AreCompleteInEachEngine) {
  for (const std::string& name : FunctionNames()) {
    const Function* function = FindFunction(name);
    ASSERT_NE(function, nullptr);
    for (const std::string_view form : {function->embedded, function->spark, function->trino})
      EXPECT_NE(form.find('{'), std::string_view::npos) << name;
    EXPECT_NE(function->usage.find(name), std::string_view::npos);
  }
  EXPECT_EQ(FindFunction("nothing"), nullptr);
}

}  // namespace
}  // namespace ingot::pipeline
